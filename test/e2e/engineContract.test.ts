import { isDeepStrictEqual } from "node:util";
import { connectDocker } from "../../host/engine/connect";
import { engineOver } from "../../host/engine/docker/dockerEngine";
import { isNotFound, waitingPath, type ContainerState, type Engine, type EngineError } from "../../host/engine/engine";
import { ensureImages } from "../../lab/images";
import { removeNetwork } from "../../lab/throwaway/network";
import { FakeEngine } from "../unit/host/fakeEngine";
import { until } from "./traffic";
import { pause } from "../../lab/throwaway/pause";

/**
 * Comparison of the fake engine, which most unit tests use, with a real one: every call in every state of a container
 * gives the same answer or error, and leaves the same state.
 */

jest.setTimeout(180_000);

const states = ["created", "running", "paused", "restarting", "exited", "gone"] as const;
type State = (typeof states)[number];

const label = `scani.contract=${process.pid}`;
const network = `scani-contract-${process.pid}`;

/** Calls on a container, with the part of the answer the product uses. */
const calls: Readonly<Record<string, (engine: Engine, id: string) => Promise<unknown>>> = {
  inspect: async (engine, id) => (await engine.inspect(id))?.running,
  "list what runs": async (engine, id) => idsOf(await engine.containers({ labels: [label] })).includes(id),
  "list all": async (engine, id) => idsOf(await engine.containers({ labels: [label], all: true })).includes(id),
  exec: async (engine, id) => (await engine.exec(id, ["true"])).exitCode,
  capture: async (engine, id) => (await engine.capture(id, ["true"])).exitCode,
  hold: async (engine, id) => {
    const held = await engine.hold(id, ["sh", "-c", "echo held; cat"]);
    await held?.end();
    return held !== undefined;
  },
  "read a file that is not there": (engine, id) => engine.readFile(id, "/none"),
  "files of a folder that is not there": (engine, id) => engine.fileNames(id, "/none"),
  "restart policy": (engine, id) => engine.setRestartPolicy(id, "no"),
  "join a network": (engine, id) => engine.connectNetwork(network, id),
  "leave a network it is not on": (engine, id) => engine.disconnectNetwork(network, id),
  start: (engine, id) => engine.start(id),
  stop: (engine, id) => engine.stop(id, 1),
  restart: (engine, id) => engine.restart(id),
  remove: (engine, id) => engine.remove(id),
  "remove without force": (engine, id) => engine.remove(id, { force: false }),
};

const idsOf = (all: readonly { readonly id: string }[]): string[] => all.map(({ id }) => id);

/** Answer or error of a call, and the container's state afterwards. */
interface Outcome {
  readonly answer?: unknown;
  /** HTTP status of the error. */
  readonly refused?: number;
  readonly after: ContainerState | "gone";
}

async function outcomeOf(engine: Engine, id: string, call: (typeof calls)[string]): Promise<Outcome> {
  const answered = await call(engine, id).then(
    (answer) => ({ answer }),
    (error: EngineError) => ({ refused: error.statusCode }),
  );
  return { ...answered, after: (await engine.inspect(id))?.state ?? "gone" };
}

const docker = connectDocker();
const real = engineOver(docker);
/** Containers of the real engine, by state and call. */
const made = new Map<string, string>();
let image: string;

/** Brings a container of the real engine into a state. */
async function bring(state: State): Promise<string> {
  const crashes = state === "restarting";
  const id = await real.create({
    image,
    labels: Object.fromEntries([label.split("=") as [string, string]]),
    entrypoint: crashes ? ["false"] : ["sleep", "600"],
  });
  if (state === "gone") await real.remove(id);
  if (state === "created" || state === "gone") return id;
  if (crashes) await real.setRestartPolicy(id, "always");
  await real.start(id);
  if (state === "paused") await pause(docker.getContainer(id));
  if (state === "exited") await real.stop(id, 0);
  // Docker doubles the wait before each restart; from the seventh on it is longer than the call takes.
  if (crashes)
    await until(async () => {
      const { restarts, state: now } = (await real.inspect(id)) ?? {};
      return (restarts ?? 0) >= 7 && now === "restarting";
    }, 60_000);
  return id;
}

beforeAll(async () => {
  ({ redis: image } = await ensureImages({ docker, log: () => undefined, only: ["redis"] }));
  await docker.createNetwork({ Name: network, Driver: "bridge" });
  await Promise.all(
    states.flatMap((state) => Object.keys(calls).map(async (call) => made.set(`${state} ${call}`, await bring(state)))),
  );
});

afterAll(async () => {
  for (const { id } of await real.containers({ labels: [label], all: true })) await real.remove(id);
  // A container that joined the network while it restarted leaves its endpoint behind.
  await removeNetwork(docker.getNetwork(network));
});

function fakeIn(state: State): [FakeEngine, string] {
  const fake = new FakeEngine(() => ({}));
  const [key, value] = label.split("=") as [string, string];
  fake.networksThere.push({ id: network, name: network, labels: {} });
  if (state === "gone") return [fake, "none"];
  return [fake, fake.add({ name: "one", state, labels: { [key]: value } }).id];
}

describe.each(states)("a container that is %s", (state) => {
  // Skip what starts it while restarting: the container may or may not have crashed again when its state is read.
  const told = Object.keys(calls).filter((name) => state !== "restarting" || !["start", "restart"].includes(name));
  test.each(told)("%s", async (name) => {
    const call = calls[name];
    const [fake, fakeId] = fakeIn(state);
    const actual = await outcomeOf(fake, fakeId, call);
    let expected = await outcomeOf(real, made.get(`${state} ${name}`) as string, call);
    // One that is started at that very moment is in no state that has a name: ask another.
    for (let left = 2; state === "restarting" && left > 0 && !isDeepStrictEqual(actual, expected); left -= 1)
      expected = await outcomeOf(real, await bring(state), call);
    expect(actual).toEqual(expected);
  });
});

/** Folders of a container: in a volume, and in its own file system. */
describe.each(["/state", "/tmp"])("a file in %s", (folder) => {
  const volume = `scani-contract-${process.pid}-state`;
  const file = `${folder}/contract.json`;

  /** Makes a container with both folders, and does something with it. */
  async function withContainer(work: (id: string) => Promise<void>): Promise<void> {
    const id = await real.create({
      image,
      labels: Object.fromEntries([label.split("=") as [string, string]]),
      entrypoint: ["sleep", "600"],
      volumes: [{ name: volume, path: "/state", writable: true }],
    });
    try {
      await work(id);
    } finally {
      await real.remove(id);
      await real.removeVolume(volume);
    }
  }

  test("is read as it was written last, whether or not its container runs", () =>
    withContainer(async (id) => {
      expect(await real.readFile(id, file)).toBeUndefined();
      // Also more than goes over the connection at once.
      for (const contents of ["one", "two".repeat(100_000)]) {
        await real.writeFile(id, file, contents);
        expect(await real.readFile(id, file)).toBe(contents);
      }
      await real.start(id);
      await real.writeFile(id, file, "three");
      await real.stop(id, 0);
      expect(await real.readFile(id, file)).toBe("three");
      expect(await real.fileNames(id, folder)).toEqual(["contract.json"]);
    }));

  test("keeps its owner and mode, has one name, and is written and removed by whom it belongs to", () =>
    withContainer(async (id) => {
      await real.start(id);
      const shell = async (script: string): Promise<string> =>
        (await real.exec(id, ["sh", "-c", script.replaceAll("FILE", file)])).output;
      await real.writeFile(id, file, "one");
      expect(await shell("stat -c '%u:%g %a %h' FILE")).toBe("0:0 644 1");
      await shell("chown 999:998 FILE && chmod 600 FILE");
      for (const contents of ["two", "three"]) await real.writeFile(id, file, contents);
      expect(await shell("stat -c '%u:%g %a %h' FILE && cat FILE")).toBe("999:998 600 1\nthree");
      await shell("echo four > FILE");
      expect(await real.readFile(id, file)).toBe("four\n");
      await shell("rm FILE");
      expect(await real.readFile(id, file)).toBeUndefined();
    }));

  test("whose writing has ended after the first link is the one that waits under the other name", () =>
    withContainer(async (id) => {
      await real.start(id);
      await real.writeFile(id, file, "before");
      await real.exec(id, ["sh", "-c", `chown 999:998 ${file} && mv ${file} ${waitingPath(file)}`]);
      expect(await real.readFile(id, file)).toBe("before");
      await real.writeFile(id, file, "after");
      expect((await real.exec(id, ["sh", "-c", `stat -c %u:%g ${file} && cat ${file}`])).output).toBe("999:998\nafter");
    }));
});

test("a network a container is on is refused, and its absence is not", async () => {
  const id = await bring("running");
  await real.connectNetwork(network, id);
  const fake = new FakeEngine();
  fake.networksThere.push({ id: "n", name: network, labels: {} });
  fake.add({ name: "one", state: "running", networks: [network] });
  const refusals = [];
  for (const engine of [real, fake])
    refusals.push(
      await engine.removeNetwork(network).then(
        () => undefined,
        (error: EngineError) => error.statusCode,
      ),
    );
  expect(refusals).toEqual([403, 403]);
  for (const engine of [real, fake]) await engine.removeNetwork("scani-contract-none");
  for (const engine of [real, fake])
    for (const none of ["scani-contract-none", ""]) expect(await engine.inspect(none)).toBeUndefined();
  expect(isNotFound(await real.start("scani-contract-none").catch((error: unknown) => error))).toBe(true);
});
