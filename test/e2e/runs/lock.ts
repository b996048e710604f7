import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { containerName } from "../../../host/install/names/containerName";
import { label } from "../../../host/install/names/labels";
import { checkLock, takeRunLock, takeApplyLock, withLock } from "../../../host/lock/lock";
import { LockTaken, thisProcess, type Owner } from "../../../host/lock/owner";
import { readStatus } from "../../../ops/status/read";
import { containersOf, runningServices } from "../host";
import { killGroup, npmRun, rawUp, refused, type Rival } from "./rivals";
import { until } from "../traffic";
import { scene } from "./install";

/** Concurrent runs on one install, of which one works. */

const thorough = process.env.SCANI_TEST_THOROUGH !== undefined;

const gateway = (): string => containerName(scene.place.install, "gateway");
const silent = (): void => undefined;

const serving = async () => (await readStatus(scene.engine, scene.place.install)).serving?.tier;
const take = (owner: Owner) => takeRunLock(scene.engine, gateway(), owner, silent);
const free = () => checkLock(scene.engine, gateway(), silent);
const me = `${userInfo().username}@${hostname()}`;

/** Returns Pulumi's folder of a kind, in a throwaway's state. */
const stateFolder = (...parts: string[]) => join(scene.place.workDir, "state", ".pulumi", ...parts);

/** Lists the files with which Pulumi locks a stack. */
function stackLocks(stack: string): string[] {
  const folder = stateFolder("locks", "organization", "scani", stack);
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

const checkpointOf = (stack: string) => stateFolder("stacks", "scani", `${stack}.json`);
const pendingOf = (stack: string): unknown[] =>
  JSON.parse(readFileSync(checkpointOf(stack), "utf8")).checkpoint.latest.pending_operations ?? [];

/** Expects that exactly one of two succeeds, and that the other names it. @returns milliseconds until it did */
async function oneOf(title: string, first: Rival, second: Rival): Promise<number> {
  const ends = await Promise.all([first.ended, second.ended]);
  const codes = ends.map(({ code }) => code).sort();
  if (codes.join() !== "0,1")
    throw new Error(`${title}: exit codes ${codes.join(" and ")}\n${ends.map((end) => end.printed).join("\n────\n")}`);
  const [winner, loser] = ends[0].code === 0 ? [first, ends[1]] : [second, ends[0]];
  expect(loser.printed).toMatch(new RegExp(`${refused}: up of \\S+, by ${me} \\(process \\d+\\), since 20`));
  expect(loser.printed).toContain("Nothing has been touched.");
  if (winner.child.spawnfile === process.execPath) expect(loser.printed).toContain(`(process ${winner.child.pid})`);
  return loser.toldAfterMs as number;
}

/**
 * Selects pairs: twenty of a kind take minutes, so a normal run takes one on the same stack, one on two, and the last,
 * whose winner really hands over.
 */
const some = <Pair>(pairs: readonly Pair[]): readonly Pair[] =>
  thorough ? pairs : [...pairs.slice(0, 2), ...pairs.slice(-1)];

const different: [string, string][] = Array.from({ length: 20 }, (_, index) =>
  index % 2 === 0 ? ["tier1", "base"] : ["base", "tier1"],
);

test.each([
  [
    "npm",
    (stack: string) => npmRun(scene, "up", stack),
    some<[string, string]>([
      ["tier1", "tier1"],
      ...different.slice(0, 11),
      ...Array.from({ length: 7 }, (): [string, string] => ["tier1", "tier1"]),
      ["tier2", "tier1"],
    ]),
  ],
  // Use different stacks: of two on one stack Pulumi itself refuses one, or both, before it runs any program.
  ["raw", (stack: string) => rawUp(scene, stack), thorough ? different : different.slice(0, 1)],
] as const)(
  "pairs of ups at the same moment, %s: exactly one proceeds, the other names it within 2 s",
  async (how, start, pairs) => {
    const told: number[] = [];
    for (const [one, other] of pairs) told.push(await oneOf(`${how} ${one} and ${other}`, start(one), start(other)));
    console.info(`${how}: the second of ${told.length} pairs named the first after ${told.join(", ")} ms`);
    expect(told).toHaveLength(pairs.length);
    // Most of the time is the command's own start, which concurrent tests make twice as long; thorough tests run alone.
    // Half of raw Pulumi's time is Pulumi's own.
    if (how === "npm" || thorough) expect(Math.max(...told)).toBeLessThanOrEqual(thorough ? 2_000 : 4_000);
    expect((await runningServices(scene)).filter((name) => name.endsWith("worker"))).toEqual([
      `${await serving()} worker`,
    ]);
  },
);

test("the gateway's lock goes to exactly one of two, 20 times", async () => {
  for (let round = 0; round < 20; round += 1) {
    const owners = [thisProcess(`up ${round}a`), thisProcess(`up ${round}b`)] as const;
    const results = await Promise.allSettled(owners.map(take));
    const winner = results.findIndex(({ status }) => status === "fulfilled");
    const [held, lost] = [results[winner], results[1 - winner]];
    if (held?.status !== "fulfilled" || lost?.status !== "rejected")
      throw new Error(`round ${round}: ${results.map(({ status }) => status).join(", ")}`);
    expect((lost.reason as LockTaken).owner).toEqual(owners[winner]);
    await held.value.release();
    expect(held.value.lost.aborted).toBe(false);
  }
  await free();
});

test("while somebody else works: up, preview and down are refused and touch nothing, whoever it is", async () => {
  const before = (await containersOf(scene)).map(({ id, info }) => `${id} ${info.State.StartedAt}`).sort();
  await withLock(scene.engine, gateway(), "restore", silent, async () => {
    for (const [command, stack] of [
      ["up", "tier1"],
      ["up", "base"],
      ["preview", "tier2"],
      ["down", "tier1"],
    ] as const) {
      const { code, printed } = await npmRun(scene, command, stack).ended;
      expect({ command, code, printed }).toMatchObject({ code: 1 });
      expect(printed).toContain(`${refused}: restore, by ${me} (process ${process.pid})`);
      expect(printed.includes("What a preview says now is not what up would do afterwards.")).toBe(
        command === "preview",
      );
    }
  });
  expect((await containersOf(scene)).map(({ id, info }) => `${id} ${info.State.StartedAt}`).sort()).toEqual(before);
  await free();
});

test("a provider works for the run that has the install, or when nobody has it, and for no other", async () => {
  const program = thisProcess("up of tier1", "127.0.0.1:1");
  const held = await take(program);
  await (await takeApplyLock(scene.engine, gateway(), { ...program, pid: 1 })).release();
  await expect(takeApplyLock(scene.engine, gateway(), { ...program, engine: "127.0.0.1:2" })).rejects.toThrow(
    `${refused}: up of tier1`,
  );
  await held.release();
  const workshop = await takeApplyLock(scene.engine, gateway(), program);
  // The next run waits until it has rolled back.
  const said: string[] = [];
  const next = takeRunLock(scene.engine, gateway(), thisProcess("up of tier2"), (line) => said.push(line));
  await until(async () => said.length > 0, 5_000);
  expect(said[0]).toContain(`are under way (process ${process.pid})`);
  await workshop.release();
  await (await next).release();
});

test("a gateway that was restarted has let go, and who held it is told", async () => {
  const held = await take(thisProcess("up of tier1"));
  await scene.docker.getContainer(gateway()).restart();
  await until(async () => held.lost.aborted, 5_000);
  await until(async () => {
    await (await take(thisProcess("up of tier2"))).release();
    return true;
  }, 5_000);
});

test("without a gateway there is nothing to lock", async () => {
  const held = await takeRunLock(scene.engine, `${gateway()}-of-nobody`, thisProcess("up of base"), silent);
  await checkLock(scene.engine, `${gateway()}-of-nobody`, silent);
  await held.release();
});

test("SIGKILL of an up in the middle of its handover: the next has the lock within 5 s, and one tier serves", async () => {
  await scene.up("tier1");
  const killed = npmRun(scene, "up", "tier2");
  await killed.saysWithin("▸ start", 60_000);
  killGroup(killed);
  const next = npmRun(scene, "up", "tier2");
  // Most of the time is the command's own start, which concurrent tests make longer; thorough tests run alone.
  const clearedMs = await next
    .saysWithin(
      /A run was killed \(process \d+, begun 20\S+\): cleared the lock it left on tier2\./,
      thorough ? 5_000 : 20_000,
    )
    .catch(async (error: Error) => {
      // The next tests must not meet that run.
      await next.ended;
      throw error;
    });
  const atWorkMs = await next.saysWithin("Handing over to tier2", 60_000);
  console.info(
    `after the SIGKILL the next up had cleared what was left after ${clearedMs} ms and was at its handover after ${atWorkMs} ms`,
  );
  expect(await next.ended).toMatchObject({ code: 0 });
  expect(await serving()).toBe("tier2");
  expect(await runningServices(scene)).toEqual(["tier2 api", "tier2 frontend-app", "tier2 worker"]);
  expect({ locks: stackLocks("tier2"), pending: pendingOf("tier2") }).toEqual({ locks: [], pending: [] });
  expect((await containersOf(scene)).filter(({ tier }) => tier === "tier2")).toHaveLength(4);
});

test("what a killed run had made and not noted is removed; a live run's lock is not touched", async () => {
  const [api] = (await containersOf(scene)).filter(({ tier, service }) => tier === "tier2" && service === "api");
  const name = "scani-tier2-api-unnoted";
  await scene.docker.createContainer({
    name,
    Image: api?.info.Image,
    Labels: { ...api?.info.Config.Labels, [label.made]: new Date().toISOString() },
  });
  const file = checkpointOf("tier2");
  const state = JSON.parse(readFileSync(file, "utf8"));
  const resource = state.checkpoint.latest.resources.find(({ id }: { id?: string }) => id === api?.id);
  state.checkpoint.latest.pending_operations = [
    { type: "creating", resource: { ...resource, id: "", inputs: { ...resource.inputs, name } } },
  ];
  writeFileSync(file, JSON.stringify(state));
  const lock = join(
    stateFolder("locks", "organization", "scani", "tier2"),
    "00000000-0000-4000-8000-000000000000.json",
  );
  mkdirSync(join(lock, ".."), { recursive: true });
  const lockOf = (pid: number) =>
    JSON.stringify({ pid, username: "ada", hostname: hostname(), timestamp: new Date().toISOString() });

  writeFileSync(lock, lockOf(process.pid));
  await expect(scene.up("tier2"))
    .rejects.toThrow(`${refused}: Pulumi on stack tier2, by ada@${hostname()} (process ${process.pid})`)
    .catch((error: Error) => {
      rmSync(lock, { force: true });
      throw error;
    });
  expect(existsSync(lock)).toBe(true);

  // No process has a pid that high.
  writeFileSync(lock, lockOf(2 ** 22 + 1));
  const printed = await scene.up("tier2");
  expect(printed).toContain(`Removed orphaned resources: ${name}`);
  expect(printed).toMatch(/Resources:\n\s+\d+ unchanged/);
  expect((await containersOf(scene)).filter(({ tier }) => tier === "tier2").map((seen) => seen.name)).not.toContain(
    name,
  );
  expect({ locks: stackLocks("tier2"), pending: pendingOf("tier2") }).toEqual({ locks: [], pending: [] });
});

test("SIGKILL of a raw up: its program and its provider let go by themselves", async () => {
  const before = await serving();
  const killed = rawUp(scene, before === "tier1" ? "tier2" : "tier1");
  await killed.saysWithin("▸ start", 60_000);
  killGroup(killed);
  // The candidate gets three seconds to stop, and the engine takes longer during other tests; thorough tests run alone.
  const tookMs = await until(
    async () => {
      await (await take(thisProcess("up of tier2"))).release();
      return true;
    },
    thorough ? 5_000 : 10_000,
  );
  console.info(`after the SIGKILL of a raw up the lock was free after ${tookMs} ms`);
  expect(await serving()).toBe(before);
});
