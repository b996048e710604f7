import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { connectDocker } from "../../host/engine/connect";
import { readStatus } from "../../ops/status/read";
import { adoptionStatus, settle } from "../../ops/adopt/back";
import { recover } from "../../ops/adopt/recover";
import { preview } from "../../ops/preview";
import { up } from "../../ops/up";
import { seconds } from "../../util/progress/progress";
import { until } from "./traffic";
import { AdoptScene } from "./adopt/adoptScene";

/** Adoption of a compose Scani on its own port: requests are refused only in one gap, which is reported. */

/** Milliseconds in which no connection may be accepted. */
const gapBound = 1_500;

let scene: AdoptScene;
const rows = { before: 0 };
/** Milliseconds the longest request waited, and so Scani was away, during the adoption. */
let held: number;

beforeAll(async () => {
  scene = await AdoptScene.up(connectDocker(), "takeport");
}, 300_000);

afterAll(() => scene?.down(), 120_000);

/** Reads the milliseconds of the gap the command has reported. */
function gapSaid(printed: string): number {
  const [, said] = /nobody was let in for ([\d.]+) s/.exec(printed) ?? [];
  if (said === undefined) throw new Error(`it says nothing of the gap:\n${printed}`);
  return Number(said) * 1000;
}

test("the plan says the gap; two ports at once, and none, are refused", async () => {
  const plan = await scene.printed(() => scene.adopt({ plan: true, takePort: true }));
  expect(plan).toContain(`serve on its port ${scene.composed.port}: nobody is let in for about a second`);
  await expect(scene.adopt({ plan: true, takePort: true, port: "8090" })).rejects.toThrow("no other can be named");
  await expect(scene.adopt({ plan: true })).rejects.toThrow("--take-port");
}, 60_000);

test("adopted on its own port under load: connections are refused in the gap alone, and it is as short as said", async () => {
  const load = await scene.loadOnPort(400);
  const printed = await scene.printed(() => scene.adopt({ yes: true, takePort: true })).finally(() => load.stop());
  const report = await load.done;
  // Log how long each step took, to explain a slow run.
  console.info(printed.match(/✓ .*/g)?.join("\n"));
  held = report.longestMs;
  scene.proxy.pointAt(scene.composed.port, false);
  rows.before = await scene.scani.rows();
  expect(report.failed).toBe(report.failures.length);
  const times = report.failures.map(({ atMs }) => atMs);
  const window = times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
  console.info(
    `${report.sent} sent, ${report.failed} failed within ${window} ms, ${seconds(gapSaid(printed))} said; nothing answered for ${Math.round(report.longestGapMs)} ms, longest wait ${Math.round(report.longestMs)} ms`,
  );
  expect(report.failures.filter(({ why }) => why.startsWith("status"))).toEqual([]);
  expect(window).toBeLessThanOrEqual(gapBound);
  expect(gapSaid(printed)).toBeLessThanOrEqual(gapBound);
  expect((await readStatus(scene.engine, scene.place.install)).serving?.tier).toBe("tier1");
  expect(await scene.scani.stillKnows(scene.ada)).toBe(true);
  expect((await scene.composeNow()).filter(({ running }) => running)).toEqual([]);
  expect(report.longestMs).toBeLessThanOrEqual(5_000);
}, 400_000);

test("a preview right after has nothing to do, and so has a second adopt", async () => {
  const said = await scene.printed(async () => {
    await preview(scene.context(), "base");
    await preview(scene.context(), "tier1");
  });
  expect(said).toContain("Nothing to do.");
  expect(said).not.toMatch(/\d+ to (create|update|replace|delete)/);
  expect(await scene.printed(() => scene.adopt({ yes: true }))).toContain("Nothing to do: ");
}, 90_000);

test("docker-compose up -d by mistake: its page cannot take the port, and this module's serves on", async () => {
  await expect(scene.composed.run("up", "-d")).rejects.toThrow();
  expect(await scene.scani.rows()).toBe(rows.before);
  await scene.adopt({ yes: true });
  expect((await scene.composeNow()).filter(({ running }) => running)).toEqual([]);
}, 200_000);

test("the way back gives the port back, with nothing left over", async () => {
  await scene.back();
  scene.proxy.pointAt(scene.composed.port, true);
  expect(await scene.scani.rows()).toBe(rows.before);
  expect(await scene.scani.stillKnows(scene.ada)).toBe(true);
  expect(await scene.left()).toEqual([]);
  const before = await scene.composeNow();
  expect(before.filter(({ running }) => !running)).toEqual([]);
  await scene.composed.run("up", "-d");
  expect(await scene.composeNow()).toEqual(before);
}, 300_000);

/**
 * Commands an operator would type in Postgres' container, with a new database, which is less work than a new server.
 */
const byHand = [
  "createdb -U scani by_hand",
  "pg_dump -U scani --format=custom --no-owner scani | pg_restore -U scani --no-owner --dbname=by_hand",
  "dropdb -U scani by_hand",
].join(" && ");

if (process.env.SCANI_TEST_THOROUGH !== undefined)
  test("requests wait a fifth of the time at most that a dump and restore by hand takes Scani away", async () => {
    const scanis = ["api", "worker", "data-provider", "frontend-app"];
    const began = Date.now();
    await scene.composed.run("stop", ...scanis);
    const postgres = await scene.composed.container("postgres");
    expect(await scene.engine.exec(postgres, ["sh", "-c", byHand])).toMatchObject({ exitCode: 0 });
    await scene.composed.run("start", ...scanis);
    await until(async () => (await fetch(`http://127.0.0.1:${scene.composed.port}/api/whoami`)).ok, 120_000);
    const away = Date.now() - began;
    console.info(`adopted: held for ${seconds(held)}; by hand: away for ${seconds(away)}`);
    expect(held / away).toBeLessThanOrEqual(0.2);
  }, 200_000);

test("killed in the gap and typed again: somebody is let in at once, and it is settled with the old files", async () => {
  const { over } = await scene.killed(`▸ change port ${scene.composed.port} over`, "--yes", "--take-port");
  expect(over).toBe(false);
  await scene.adopt({ yes: true });
  scene.proxy.pointAt(scene.composed.port, false);
  expect(await scene.scani.rows()).toBe(rows.before);
  expect(await scene.printed(() => adoptionStatus(scene.context(), "base", undefined))).not.toContain("·");
  await settle(scene.context(), "base", scene.composed.project, { removeOldFiles: true, yes: true });
  expect(await scene.composeNow()).toEqual([]);
  expect(await scene.engine.hasVolume(`${scene.composed.project}_minio-data`)).toBe(false);
  expect(await scene.engine.hasVolume(`${scene.composed.project}_redis-data`)).toBe(true);
  expect(await scene.scani.stillKnows(scene.ada)).toBe(true);
}, 400_000);

test("its state lost: up says so, and its containers are made Pulumi's again with everything in them", async () => {
  const { workDir } = scene.place;
  rmSync(join(workDir, "state"), { recursive: true });
  mkdirSync(join(workDir, "state"));
  await expect(up(scene.context(), "base")).rejects.toThrow("--recover");
  expect(await scene.scani.stillKnows(scene.ada)).toBe(true);
  const said = await scene.printed(() => recover(scene.context(), "base", {}));
  expect(said).toContain("Nothing has been touched. To go on:");
  await recover(scene.context(), "base", { yes: true });
  expect(await scene.scani.rows()).toBe(rows.before);
  expect(await scene.scani.stillKnows(scene.ada)).toBe(true);
  expect(await scene.printed(() => preview(scene.context(), "tier1"))).toContain("Nothing to do.");
  await expect(recover(scene.context(), "base", { yes: true })).rejects.toThrow("nothing has to be recovered");
}, 300_000);
