import {
  hasRecord,
  keeperFault,
  keeperProblem,
  keepInUse,
  readRecord,
  removeRecord,
  writeRecord,
  type AdoptionRecord,
} from "../../../../host/adopt/record";
import { label } from "../../../../host/install/names/labels";
import { FakeEngine, type FakeContainer } from "../fakeEngine";
import { FakeAdoption } from "./fakeAdoption";

const { record } = new FakeAdoption("beside");

/** Returns an engine with an adoption's record. */
async function recorded(): Promise<FakeEngine> {
  const engine = new FakeEngine();
  engine.images.set("image:1", { id: "sha256:1", environment: [], labels: {}, digests: [] });
  await writeRecord(engine, record, "image:1", { [label.throwaway]: "true" });
  return engine;
}

/** Does what `docker system prune --volumes` does: removes stopped containers, then volumes no container uses. */
async function prune(engine: FakeEngine): Promise<void> {
  for (const { id } of engine.all.filter(({ state }) => state !== "running")) await engine.remove(id);
  const used = engine.all.flatMap(({ volumes }) => volumes);
  for (const { name } of engine.volumesThere.filter((one) => !used.includes(one.name))) await engine.removeVolume(name);
}

test("no prune removes the record", async () => {
  const engine = await recorded();
  await prune(engine);
  expect(await readRecord(engine, "scani", "image:1")).toEqual(record);
});

test("what keeps it comes back with the engine, can do nothing, and is there once", async () => {
  const engine = await recorded();
  await writeRecord(engine, { ...record, announced: false }, "image:1", {});
  expect(engine.all).toMatchObject([
    {
      name: "scani-adoption",
      labels: { [label.install]: "scani", [label.throwaway]: "true" },
      state: "running",
      restartPolicy: "unless-stopped",
      networks: [],
      confinement: { CapDrop: ["ALL"], ReadonlyRootfs: true },
    },
  ]);
  expect((await readRecord(engine, "scani", "image:1"))?.announced).toBe(false);
});

test("compose cannot remove the volume of its Postgres, on which a release may serve already", async () => {
  const engine = await recorded();
  const [volume] = [record.postgres?.volume ?? ""];
  expect(engine.find("scani-adoption")?.volumes).toEqual(["scani-adoption"]);
  // The container is one of an earlier version, or from before the volume was there.
  engine.volumesThere.push({ name: volume, labels: {} });
  await writeRecord(engine, record, "image:1", {});
  expect(engine.all).toHaveLength(1);
  expect(engine.find("scani-adoption")).toMatchObject({ state: "running", volumes: ["scani-adoption", volume] });
  await expect(engine.removeVolume(volume)).rejects.toThrow("scani-adoption has it mounted");
  const keeper = engine.find("scani-adoption");
  await writeRecord(engine, record, "image:1", {});
  expect(engine.find("scani-adoption")).toBe(keeper);
  await removeRecord(engine, "scani");
  await engine.removeVolume(volume);
});

test("one that somebody has stopped is started again with the next writing", async () => {
  const engine = await recorded();
  await engine.stop("scani-adoption");
  await writeRecord(engine, record, "image:1", {});
  expect(engine.find("scani-adoption")?.state).toBe("running");
});

describe("one that somebody has removed or stopped, or that lacks a volume", () => {
  const [volume] = [record.postgres?.volume ?? ""];
  /** Returns an engine on which it has compose's data too. */
  const keeping = async (): Promise<FakeEngine> => {
    const engine = new FakeEngine();
    engine.images.set("image:1", { id: "sha256:1", environment: [], labels: {}, digests: [] });
    engine.volumesThere.push({ name: volume, labels: {} });
    await writeRecord(engine, record, "image:1", { [label.throwaway]: "true" });
    return engine;
  };

  test.each<[string, (engine: FakeEngine) => unknown]>([
    ["is gone", (engine) => engine.remove("scani-adoption")],
    ["is exited", (engine) => engine.stop("scani-adoption")],
    [
      `does not have ${volume}`,
      (engine) => {
        const keeper = engine.find("scani-adoption") as FakeContainer;
        Object.assign(keeper, { volumes: ["scani-adoption"], mounts: keeper.mounts.slice(0, 1) });
      },
    ],
  ])("%s: that is known, and it keeps them again", async (fault, harm) => {
    const engine = await keeping();
    expect(await keeperFault(engine, record)).toBeUndefined();
    await harm(engine);
    expect(await keeperFault(engine, record)).toBe(fault);
    await keepInUse(engine, record, "image:1");
    expect(await keeperFault(engine, record)).toBeUndefined();
    expect(engine.find("scani-adoption")).toMatchObject({
      state: "running",
      volumes: ["scani-adoption", volume],
      labels: { [label.install]: "scani", [label.throwaway]: "true" },
    });
    await expect(engine.removeVolume(volume)).rejects.toThrow("scani-adoption has it mounted");
  });

  test.each<[string, Partial<AdoptionRecord>, string]>([
    ["while both serve", {}, "home --port 8090 --yes"],
    ["with the page's own port", { port: { now: 8080, then: 8080 } }, "home --yes"],
    ["once the data is compose's again", { givenBack: "data" }, "home --back --yes"],
  ])("%s, the command that is named takes nothing over", (_when, changes, words) => {
    expect(keeperProblem("scani", "is gone", { ...record, ...changes })?.type).toBe(`npm run adopt -- ${words}`);
  });
});

test("one that the engine has failed to remove is removed and made anew", async () => {
  const engine = await recorded();
  const dead = engine.find("scani-adoption") as FakeContainer;
  dead.state = "dead";
  await writeRecord(engine, { ...record, announced: false }, "image:1", {});
  expect(engine.find("scani-adoption")).not.toBe(dead);
  expect(engine.find("scani-adoption")?.state).toBe("running");
  expect((await readRecord(engine, "scani", "image:1"))?.announced).toBe(false);
});

test("one that cannot be removed either is no reason not to write", async () => {
  const engine = await recorded();
  Object.assign(engine.find("scani-adoption") as FakeContainer, { state: "dead", isBusy: true });
  await writeRecord(engine, { ...record, announced: false }, "image:1", {});
  expect((await readRecord(engine, "scani", "image:1"))?.announced).toBe(false);
});

test("an image that cannot keep it is no reason not to write", async () => {
  const engine = await recorded();
  await engine.remove("scani-adoption");
  const refusal = Object.assign(new Error("exec: sleep: executable file not found"), { statusCode: 400 });
  engine.start = () => Promise.reject(refusal);
  await writeRecord(engine, { ...record, announced: false }, "image:1", {});
  expect((await readRecord(engine, "scani", "image:1"))?.announced).toBe(false);
});

test("forgotten, nothing of it is left, nor what a run that was killed had on its volume", async () => {
  const engine = await recorded();
  await engine.create({ image: "image:1", labels: {}, volumes: [{ name: "scani-adoption", path: "/adoption" }] });
  await removeRecord(engine, "scani");
  expect(engine.all).toEqual([]);
  expect(await hasRecord(engine, "scani")).toBe(false);
});

test.each([
  ["missing from", undefined],
  ["cut short in", ""],
  ["cut short in", '{\n "project": "home",'],
  ["cut short in", "{}"],
])("a record that is %s its volume (%j) is said, with what to type", async (fault, text) => {
  const engine = await recorded();
  const files = engine.volumeFiles.get("scani-adoption") as Map<string, string>;
  files.clear();
  if (text !== undefined) files.set("adoption.json", text);
  await expect(readRecord(engine, "scani", "image:1")).rejects.toThrow(
    new RegExp(`^The record of what scani adopts \\(adoption.json\\) is ${fault} the volume scani-adoption\\.[^]*
  type: npm run status
  type: docker rm -f scani-adoption
  type: docker volume rm scani-adoption$`),
  );
});
