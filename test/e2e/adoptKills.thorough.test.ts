import { randomInt } from "node:crypto";
import { connectDocker } from "../../host/engine/connect";
import { readStatus } from "../../ops/status/read";
import { AdoptScene } from "./adopt/adoptScene";
import { until } from "./traffic";

/** An adoption that is killed, taken back and continued at every phase and at random moments. */

jest.setTimeout(1_800_000);

let scene: AdoptScene;
let rows: number;
/** Everything of the install that a complete adoption leaves on the engine, without the names of its release. */
let whole: string[];

beforeAll(async () => {
  scene = await AdoptScene.up(connectDocker(), "adoptkills");
  rows = await scene.scani.rows();
  // An adoption that nothing disturbs shows what is to be left after all others.
  await adopted();
  await scene.back();
  await isGivenBack();
}, 600_000);

afterAll(() => scene?.down(), 120_000);

/** Expects that all data is there on the page's port. @param ours true when this module serves it */
async function isWhole(ours: boolean): Promise<void> {
  scene.proxy.pointAt(scene.composed.port, !ours);
  expect(await scene.scani.stillKnows(scene.ada)).toBe(true);
  expect(await scene.scani.rows()).toBeGreaterThanOrEqual(rows);
  rows = await scene.scani.rows();
}

/** Adopts to the end, and expects that one whole install serves, nothing more is left, and nothing of compose runs. */
async function adopted(): Promise<void> {
  await scene.adopt({ yes: true, takePort: true });
  const left = (await scene.left()).map((name) => name.replace(/-[0-9a-f]{7,}$/, ""));
  whole ??= left;
  expect(left).toEqual(whole);
  const file = "/data/job-uploads/statement.csv";
  const { output } = await scene.engine.exec(`${scene.place.install}-storage`, ["sha256sum", file]);
  expect(output.split(" ")[0]).toBe(scene.statement);
  expect((await readStatus(scene.engine, scene.place.install)).serving?.tier).toBe("tier1");
  expect((await scene.composeNow()).filter(({ running }) => running)).toEqual([]);
  await isWhole(true);
}

/** Expects that compose serves as before, nothing of this module is left, and compose's own command changes nothing. */
async function isGivenBack(): Promise<void> {
  await isWhole(false);
  expect(await scene.left()).toEqual([]);
  const before = await scene.composeNow();
  expect(before.filter(({ running }) => !running)).toEqual([]);
  await scene.composed.run("up", "-d");
  expect(await scene.composeNow()).toEqual(before);
}

/** A line of every phase, in order. */
const lines = [
  "▸ write the settings",
  "▸ back up the database",
  "▸ bring base up",
  "▸ copy the files",
  "▸ copy the newest files",
  "▸ bring tier1 up",
  "▸ flip",
  "▸ make the gateway with the port",
  "▸ change port",
  "▸ stop compose's page",
  "▸ copy the last files",
  "▸ bring base up on the data",
  "▸ hold requests",
  "▸ move the data one folder down",
  "▸ let the requests through",
  "▸ stop what has been replaced",
];

/**
 * Lines between which Postgres is stopped: after a kill nothing holds the requests, so they are answered with errors.
 */
const [moves, letsThrough] = [
  lines.indexOf("▸ move the data one folder down"),
  lines.indexOf("▸ let the requests through"),
];

test.each([
  ["up to the data's move", lines.slice(0, moves), true],
  ["within the data's move", lines.slice(moves, letsThrough + 1), false],
  ["from then on, and gone on with to the end", lines.slice(letsThrough + 1), true],
])("killed at every phase in turn, %s", async (_what, some, neverFails) => {
  const load = await scene.loadOnPort(1_700);
  await scene.scani.sendJobs();
  const missed: string[] = [];
  for (const line of some) if ((await scene.killed(line, "--yes", "--take-port")).over) missed.push(line);
  if (some.includes(lines.at(-1) ?? "")) await adopted();
  const { sent, failed, failures, longestMs } = await load.stop();
  console.info(`${sent} sent, ${failed} failed, longest wait ${Math.round(longestMs)} ms`);
  expect(missed).toEqual([]);
  // Nothing listens while the port changes hands, so only connections may fail, and no response may.
  if (neverFails) expect(failures.filter(({ why }) => why.startsWith("status"))).toEqual([]);
});

test("what was killed at every phase can be taken back", async () => {
  await scene.back();
  await isGivenBack();
});

test.each(lines)("taken back after a kill at %s", async (line) => {
  const { over } = await scene.killed(line, "--yes", "--take-port");
  expect(over).toBe(false);
  await scene.back().catch((error: Error) => {
    // Its first line comes before the first setting is written: there may be nothing to take back.
    if (line !== lines[0] || !error.message.includes("is not being adopted by")) throw error;
  });
  await isGivenBack();
});

test.each([
  "▸ copy files back",
  "▸ stop this module's Scani",
  "▸ move the data back",
  "▸ start compose's containers again",
  "▸ start compose's worker again",
  "Destroying",
])("the way back is killed at %s and typed again", async (line) => {
  await adopted();
  const { over } = await scene.killed(line, "--back", "--yes");
  expect(over).toBe(false);
  await scene.back();
  await isGivenBack();
});

test("killed at 20 random moments, and gone on with each time", async () => {
  for (let kills = 0; kills < 20;) {
    const { over } = await scene.killed(randomInt(1_000, 20_000), "--yes", "--take-port");
    if (!over) kills += 1;
    else {
      await adopted();
      await scene.back();
      await isGivenBack();
    }
  }
  await adopted();
  await scene.back();
  await isGivenBack();
});

test("each job of all that time was done once", async () => {
  await until(async () => (await scene.scani.jobs()).never === 0, 60_000);
  expect(await scene.scani.jobs()).toMatchObject({ twice: 0, never: 0 });
});
