import { readJournal } from "../../../host/install/journal";
import { countText, type FileCount } from "../../../host/install/filesEntry";
import { changeSetting } from "../../../lab/throwaway";
import { containersOf } from "../host";
import { failing } from "../scene";
import { until } from "../traffic";
import { up } from "../../../ops/up";
import { addPaper, addPapers, countFileJobs, namedKeys, nameInRows, openAll, sizes, type Paper } from "./papers";
import { beginOthers } from "./spanning";
import { ada, away, endpoint, home, kind, loaded, other, scani, scene, user } from "./install";

/** Files that follow a switch and the switch back. */

const thorough = process.env.SCANI_TEST_THOROUGH !== undefined;
const [count, total, jobs] = thorough ? [2_000, 300 * 1024 * 1024, 100] : [150, 30 * 1024 * 1024, 40];

let papers: Paper[];

/** Keys in rows under which there is no object, or cannot be. */
const nowhere = [
  "",
  "documents/u/lost.pdf",
  "/documents/u",
  `documents/${"x".repeat(1_500)}`,
  "documents/u/line\nbreak",
  // Scani's S3 client cuts these at the question mark, and turns the backslash into a slash.
  "documents/u/what?.pdf",
  "documents/u/back\\slash.pdf",
];

/** Keys for which S3 servers return various errors instead of not found; the switch goes on without them. */
const unsafe = ["documents/../../etc/passwd", `documents/${"x".repeat(300)}`];

const lastFiles = async () => (await readJournal(scene.engine, `${scene.place.install}-gateway`)).at(-1);
/** Milliseconds a file took in the bulk of the first switch. */
let msPerFile: number;

/**
 * Returns the milliseconds in which no worker may run: a fixed part of each switch, and the files of the last minute,
 * at the speed of the bulk.
 */
const longestBetween = () => 5_000 + (jobs + 1) * msPerFile;

/** Reads the bytes of an object from a listing's entry. */
const bytesIn = (entry = "") => Number(entry.split(" ")[0]);

/**
 * Compares the files `up` carried with those its preview had counted. Statements were added since, all of one length:
 * each upload, and its permanent copy once its job is done.
 */
async function checkCarried(previewed: FileCount): Promise<void> {
  const carried = (await lastFiles())?.files;
  const late = (carried?.files ?? 0) - previewed.files;
  expect(late).toBeGreaterThanOrEqual(0);
  expect(late).toBeLessThanOrEqual(2 * (jobs + 1));
  const known = new Set(papers.map(({ key }) => key));
  const statements = [...(await home.list()), ...(await away.list())].filter(([key]) => !known.has(key));
  const lengths = new Set(statements.map(([, entry]) => bytesIn(entry)));
  if (kind === "real") return;
  expect(lengths.size).toBe(1);
  expect(carried?.bytes).toBe(previewed.bytes + late * Math.max(...lengths));
}

const sums = (of: readonly Paper[]) => of.map(({ sum }) => sum).sort();
const bytesOf = (of: readonly Paper[]) => of.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Returns the milliseconds in which no worker ran: from the old one's end to the new one's start, by the engine's
 * clock.
 */
async function betweenWorkers(from: string, to: string): Promise<number> {
  const workers = (await containersOf(scene)).filter(({ service }) => service === "worker");
  const stateOf = (tier: string) => workers.find((one) => one.tier === tier)?.info.State;
  return Date.parse(stateOf(to)?.StartedAt ?? "") - Date.parse(stateOf(from)?.FinishedAt ?? "");
}

/**
 * Switches under load. File jobs are sent while the last files are carried, and one upload begins before the flip and
 * ends after it, when the old release has no worker any more.
 * @returns milliseconds without a worker
 */
async function switched(from: string, to: string, work: () => Promise<void>): Promise<{ betweenMs: number }> {
  let betweenMs = Number.NaN;
  const before = scani.papers.names.length;
  const finish = await scani.papers.begin(ada);
  await loaded(async () => {
    const spanning = scene.untilPrinted("▸ start the new worker", 600_000).then(finish);
    spanning.catch(() => undefined);
    const queued = scene.untilPrinted("✓ carry the files", 600_000).then(() => scani.papers.send([ada], jobs));
    queued.catch(() => undefined);
    await work();
    betweenMs = await betweenWorkers(from, to);
    await Promise.all([queued, spanning]);
    await until(async () => {
      const { sent, once, never } = await countFileJobs(scene, kind, scani.papers.names);
      return never === 0 && once === sent;
    }, 90_000).catch(() => undefined);
  });
  const entry = await lastFiles();
  console.log(
    `${from} → ${to}`,
    JSON.stringify({ betweenMs, ...entry?.timings, flip: entry?.flipMs, files: entry?.files }),
  );
  const all = before + jobs + 1;
  expect(await countFileJobs(scene, kind, scani.papers.names)).toEqual({ sent: all, once: all, twice: 0, never: 0 });
  return { betweenMs };
}

/** Milliseconds of flips without files. */
const flipsWithout: number[] = [];

beforeAll(async () => {
  // Without files the setting is not needed.
  changeSetting(scene.place, "tier2", "carryFiles", undefined);
  if (thorough)
    for (const stack of ["tier2", "tier1"]) {
      await scene.up(stack);
      flipsWithout.push((await lastFiles())?.flipMs ?? Number.NaN);
    }
  papers = await addPapers(scene, home, user, sizes(count, total));
  papers.push(await addPaper(home, `documents/${user}/empty.txt`, 0));
  await nameInRows(scene, user, papers.slice(-1));
  await nameInRows(
    scene,
    other,
    [...nowhere, ...unsafe].map((key, index) => ({ key, bytes: 1, sum: String(index).repeat(64) })),
  );
});

test("a switch that would leave files behind is refused until the operator has said what is to become of them", async () => {
  expect(await scene.preview("tier2")).toMatch(
    new RegExp(`files: ${papers.length.toLocaleString("en")} files \\(\\d+ MiB\\) would have to go to ${endpoint}`),
  );
  const said = await failing(scene, up, "tier2");
  expect(said).toMatch(/carryFiles is not set, and there are [\d,]+ files/);
  expect(said).toMatch(/type: .*carryFiles yes\n.*type: .*carryFiles no/);
  expect(await away.list()).toEqual(new Map());
  changeSetting(scene.place, "tier2", "carryFiles", "yes");
});

test("tier 1 → 2 under load: every file opens, every job is done once, and the preview counted right", async () => {
  const seen = await scene.preview("tier2");
  const previewed = { files: papers.length, bytes: bytesOf(papers) };
  expect(seen).toContain(`files: ${countText(previewed)} to carry`);
  const endOthers = kind === "real" ? await beginOthers(scani.procedures(ada)) : undefined;
  const { betweenMs } = await switched("tier1", "tier2", () => scene.up("tier2").then(() => undefined));
  await endOthers?.();
  const entry = await lastFiles();
  expect(entry?.files).toMatchObject({ stuck: unsafe, gone: nowhere.length });
  await checkCarried(previewed);
  msPerFile = (entry?.timings.carry ?? Number.NaN) / papers.length;
  if (thorough) {
    expect(betweenMs).toBeLessThan(longestBetween());
    console.log("flips without files", flipsWithout, "and with", entry?.flipMs);
    expect(entry?.flipMs).toBeLessThan(Math.max(...flipsWithout) + 300);
  }
  const { opens, missing } = await openAll(scani.procedures(ada));
  expect(missing).toEqual([]);
  expect(opens).toEqual(expect.arrayContaining(sums(papers)));
  expect([...(await away.list()).keys()].filter((key) => key.startsWith("temp/carry/"))).toEqual([]);
});

test("tier 2 → 1: what came on tier 2 comes home, and only that is carried", async () => {
  const added = await addPapers(scene, away, user, sizes(20, 20 * 1024 * 1024));
  papers.push(...added);
  const [before, there] = [await home.list(), await away.list()];
  // Scani's worker removes some files of finished jobs.
  const fresh = (await namedKeys(scene, user)).filter((key) => !before.has(key) && there.has(key));
  const previewed = {
    files: fresh.length,
    bytes: fresh.reduce((sum, key) => sum + bytesIn(there.get(key)), 0),
  };
  expect(await scene.preview("tier1")).toContain(`files: ${countText(previewed)} to carry`);
  const { betweenMs } = await switched("tier2", "tier1", () => scene.up("tier1").then(() => undefined));
  const entry = await lastFiles();
  expect(entry?.files).toMatchObject({ stuck: unsafe, gone: nowhere.length });
  await checkCarried(previewed);
  if (thorough) expect(betweenMs).toBeLessThan(longestBetween());
  const { opens, missing } = await openAll(scani.procedures(ada));
  expect(missing).toEqual([]);
  expect(opens).toEqual(expect.arrayContaining(sums(papers)));
  const [at, from] = [await home.list(), await away.list()];
  // Files uploaded since the flip are only here.
  for (const key of await namedKeys(scene, user))
    expect([key, at.get(key)]).toEqual([key, from.get(key) ?? at.get(key)]);
  for (const { key } of papers) expect([key, at.get(key)]).toEqual([key, from.get(key)]);
  for (const { key } of [...papers.slice(0, 10), ...added.slice(0, 10)])
    expect([key, await home.type(key)]).toEqual([key, await away.type(key)]);
});
