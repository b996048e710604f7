import { rmSync, writeFileSync } from "node:fs";
import { stacksBeside } from "../../../../host/install/names/stacks";
import { perform } from "../../../../host/handover/perform";
import { readStatus, type OwnInstall } from "../../../../ops/status/read";
import { closingWords } from "../../../../ops/runCommand";
import { showStatus } from "../../../../ops/status/show";
import { thisProcess, type Owner } from "../../../../host/lock/owner";
import { presenceFile } from "../../../../host/lock/presence";
import { folder } from "../../lab/setup/folder";
import { FakeEngine } from "../../host/fakeEngine";
import { FakeInstall } from "../../host/fakeInstall";

const ofProd = { name: "scani", stacks: stacksBeside("prod-base") };

let host: FakeInstall;
beforeEach(() => {
  host = new FakeInstall();
  host.declare("tier1", "r1");
  host.declare("tier2", "r2");
});

test("nothing is there", async () => {
  await expect(readStatus(new FakeEngine())).rejects.toThrow(
    "There is no install of Scani on this engine yet.\n  type: npm run up -- tier1",
  );
  await expect(readStatus(new FakeEngine(), undefined, ofProd)).rejects.toThrow(
    "There is no install of Scani on this engine yet.\n  type: npm run up -- prod-tier1",
  );
});

test("a name that is not there, and several without one", async () => {
  await expect(readStatus(host.engine, "other")).rejects.toThrow(
    "Which install? There are scani.\n  type: npm run status -- --name scani",
  );
  const engine = new FakeEngine();
  for (const name of ["b", "a"])
    engine.add({ name: `${name}-gateway`, labels: { "scani.install": name, "scani.service": "gateway" } });
  await expect(readStatus(engine)).rejects.toThrow(
    "Which install? There are a, b.\n  type: npm run status -- --name a",
  );
});

test("an install whose containers were pruned is not one that never was", async () => {
  const engine = new FakeEngine();
  const labels = { "scani.install": "scani" };
  await engine.createVolume("scani-redis-data", { ...labels, "scani.service": "redis" });
  await engine.createVolume("scani-postgres-data", { ...labels, "scani.service": "postgres" });
  const left = "scani has no containers on this engine any more; still there: ";
  const type = ["base", "tier1", "tier2"].map((stack) => `npm run up -- ${stack}`).join("\n  type: ");
  await expect(readStatus(engine)).rejects.toThrow(
    `${left}volumes scani-postgres-data, scani-redis-data.\n  The first command makes base again around its data, the one of the tier that served its release:\n  type: ${type}`,
  );
  engine.networksThere.push({ id: "n", name: "tier2-net-1", labels: { ...labels, "scani.tier": "tier2" } });
  await expect(readStatus(engine, "scani", ofProd)).rejects.toThrow(
    "; networks tier2-net-1.\n  The first command makes base again around its data, the second its release:\n  type: npm run up -- prod-base\n  type: npm run up -- prod-tier2",
  );
  await engine.createVolume("scani-adoption", labels);
  await expect(readStatus(engine)).rejects.toThrow(/being adopted[^]*type: npm run adopt$/);
});

test("what an install that was taken down has left is no choice beside one that is there", async () => {
  await host.engine.createVolume("old-postgres-data", { "scani.install": "old" });
  expect((await readStatus(host.engine)).install).toBe("scani");
  await expect(readStatus(host.engine, "old")).rejects.toThrow("old has no containers on this engine any more");
});

test("what another install has left is named, and nothing is said that would make one beside it", async () => {
  const engine = new FakeEngine();
  await engine.createVolume("prod-postgres-data", { "scani.install": "prod" });
  const refusal = async (...of: [string?, OwnInstall?]) =>
    closingWords(await readStatus(engine, ...of).catch((error: unknown) => error));
  const none =
    "There is no install of Scani on this engine yet. Others have left something: prod (volumes prod-postgres-data).\n";
  for (const text of [await refusal(), await refusal("scani")]) {
    expect(text).toContain(none);
    expect(text).not.toContain("type:");
  }
  const named = await refusal("prod");
  expect(named).toContain("prod has no containers on this engine any more; still there: volumes prod-postgres-data.");
  expect(named).not.toContain("type:");
  expect(await refusal("prod", { ...ofProd, name: "prod" })).toContain("type: npm run up -- prod-base");
});

test("what is declared and does not serve yet", async () => {
  const status = await readStatus(host.engine);
  expect(status).toMatchObject({ install: "scani", serving: undefined, lastSwitch: undefined });
  expect(status.containers).toHaveLength(11);
  expect(status.containers.find(({ name }) => name === "scani-r2-api")).toEqual({
    service: "api",
    tier: "tier2",
    release: "r2",
    name: "scani-r2-api",
    image: "api:r2",
    state: "created",
    status: "created",
  });
});

test("what serves, and since when", async () => {
  host.serve("r1");
  await host.backedUp();
  const entry = await perform(host.engine, host.order("tier2", "r2"), () => undefined, new AbortController().signal);
  const status = await readStatus(host.engine, "scani");
  expect(status.serving).toEqual({ tier: "tier2", release: "r2", since: entry?.flipped?.at });
  expect(entry?.flipped?.to).toEqual({ tier: "tier2", release: "r2" });
  expect(status.lastSwitch).toEqual(JSON.parse(JSON.stringify(entry)));
});

describe("a command at work", () => {
  const place = folder();
  afterAll(() => place.remove());
  const file = presenceFile(place.path, "base");
  const shown = async () =>
    showStatus(await readStatus(host.engine, "scani", { ...ofProd, stacks: stacksBeside("base"), file }));
  const owner = thisProcess("up of tier2");
  const dead = { ...owner, pid: 2 ** 22 + 1 };
  const by = ({ pid }: Owner) => `up of tier2, by ${owner.user}@${owner.host} (process ${pid}), since ${owner.since} (`;
  afterEach(() => rmSync(file, { force: true }));

  test("none", async () => {
    expect(
      (await readStatus(host.engine, "scani", { ...ofProd, stacks: stacksBeside("base"), file })).work,
    ).toBeUndefined();
  });

  test("one that holds the lock is named, with how to end it", async () => {
    host.locks.run = owner;
    expect(await shown()).toContain(`\nAt work now: ${by(owner)}`);
    expect(await shown()).toContain(`If it hangs, end it with kill ${owner.pid}: nothing has to be unlocked`);
    host.locks.run = { ...dead, host: "elsewhere" };
    expect(await shown()).toContain(`If it hangs, end it with kill ${dead.pid} on elsewhere: `);
  });

  test("one that holds the lock although its process is gone", async () => {
    host.locks.run = dead;
    expect(await shown()).toMatch(
      /\nIts process is gone, and its lock is not free yet: [^]*within 2 minutes. The same command goes on from what is true:\n {2}type: npm run up -- tier2\n/,
    );
  });

  test("one that was killed and still rolls back", async () => {
    host.locks.apply = dead;
    expect(await shown()).toContain(`\nA command that was killed is still rolling back: ${by(dead)}`);
  });

  test("one that has no lock yet, and one that was killed, by the file they leave on this machine", async () => {
    writeFileSync(file, JSON.stringify(owner));
    expect(await shown()).toContain(`\nAt work now: ${by(owner)}`);
    writeFileSync(file, JSON.stringify(dead));
    expect(await shown()).toMatch(/\nKilled before it was done: up of tier2, [^]*\n {2}type: npm run up -- tier2\n/);
    writeFileSync(file, JSON.stringify({ ...dead, work: "restore" }));
    expect(await shown()).toMatch(/\nKilled before it was done: restore, [^]*\n {2}Type the same again: it goes on/);
  });

  test("by the file of another machine, whose processes are not seen here, nothing is said", async () => {
    writeFileSync(file, JSON.stringify({ ...owner, host: "elsewhere" }));
    expect(
      (await readStatus(host.engine, "scani", { ...ofProd, stacks: stacksBeside("base"), file })).work,
    ).toBeUndefined();
  });

  test("one that was killed before the last switch is past, and one since is not", async () => {
    host.serve("r1");
    await host.backedUp();
    writeFileSync(file, JSON.stringify({ ...dead, since: new Date(Date.now() - 60_000).toISOString() }));
    expect(await shown()).toContain("\nKilled before it was done");
    await perform(host.engine, host.order("tier2", "r2"), () => undefined, new AbortController().signal);
    expect(await shown()).not.toContain("Killed");
    writeFileSync(file, JSON.stringify({ ...dead, since: new Date(Date.now() + 60_000).toISOString() }));
    expect(await shown()).toContain("\nKilled before it was done");
  });

  test("a lock that cannot be read hides nothing else", async () => {
    host.first = (_container, command) =>
      command.join(" ").includes("entrance.lock") ? { output: "sh: no space" } : undefined;
    expect(await shown()).toMatch(
      /^scani: nothing serves\n\nWhether a command is at work cannot be told: [^]*sh: no space/,
    );
  });
});

test("a worker of compose's that takes jobs too is named", async () => {
  host.serve("r1");
  const database = "DATABASE_URL=postgres://scani:x@db.example.com/scani";
  const environment = ["SERVICE_NAME=worker", "LOG_ID_PEPPER=x", "ENCRYPTION_KEY=k", database];
  Object.assign(host.container("r1", "worker"), { environment });
  const status = await readStatus(host.engine);
  expect(status.strays).toEqual([]);
  expect(showStatus(status)).not.toContain("Compose's");
  const labels = { "com.docker.compose.project": "home" };
  host.engine.add({ name: "home-worker-1", state: "running", labels, environment });
  expect(showStatus(await readStatus(host.engine))).toContain(
    "\nCompose's home-worker-1 runs beside this install.\n  A job its worker takes may lack its file, or be done as another version does it.\n  type: docker stop home-worker-1\n",
  );
});

test("what only has the labels of the gateway's or of an api's is named, and taken for neither", async () => {
  host.serve("r1");
  host.nameAsPulumi("r1");
  expect((await readStatus(host.engine)).copies).toEqual([]);
  for (const [like, name] of [
    ["scani-gateway", "quirky_einstein"],
    ["scani-tier1-api-0a1b2c3", "api-to-try"],
  ] as const) {
    host.engine.add({ name, labels: host.engine.find(like)?.labels, state: "exited" });
    // Docker lists the newest first.
    host.engine.all.unshift(...host.engine.all.splice(-1));
  }
  const status = await readStatus(host.engine);
  expect(status.copies.toSorted()).toEqual(["api-to-try", "quirky_einstein"]);
  expect(status.serving).toMatchObject({ tier: "tier1", release: "r1" });
  expect(showStatus(status)).toContain(
    "\nquirky_einstein only has the labels of another container, and is no part of this install.\n",
  );
});

test("what keeps the volumes of an adoption is named where it does not, and only while there is a record", async () => {
  host.serve("r1");
  const told = async () => showStatus(await readStatus(host.engine));
  expect(await told()).not.toContain("scani-adoption");
  await host.engine.createVolume("scani-adoption", { "scani.install": "scani" });
  expect(await told()).toMatch(/\nscani-adoption, .* is gone\.\n.*\n {2}type: npm run adopt -- --status\n/);
  const mounts = [{ type: "volume", source: "scani-adoption", path: "/adoption" }];
  const labels = { "scani.install": "scani" };
  const keeper = host.engine.add({ name: "scani-adoption", state: "running", labels, mounts });
  expect(await told()).not.toContain("keeps volumes");
  keeper.state = "exited";
  expect(await told()).toContain("removed, is exited.");
});
