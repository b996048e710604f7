import { StandInScani } from "../../../lab/rehearse/standIn";
import type { Session } from "../../../lab/rehearse/session";
import { readJournal } from "../../../host/install/journal";
import { preview } from "../../../ops/preview";
import { changeSetting, contextOn } from "../../../lab/throwaway";
import { sql } from "../host";
import { failing } from "../scene";
import { promisedRate, underLoad, until } from "../traffic";
import { up } from "../../../ops/up";
import { addPaper, addPapers, countImports, nameInRows, openAll, queueImports, sizes, type Paper } from "./papers";
import { away, home, scene } from "./install";

/** Files follow a switch and the way back. */

const thorough = process.env.SCANI_TEST_THOROUGH !== undefined;
const [count, total, jobs] = thorough ? [2_000, 300 * 1024 * 1024, 100] : [150, 30 * 1024 * 1024, 40];

let scani: StandInScani;
let ada: Session;
let user: string;
let papers: Paper[];

const lastFiles = async () => (await readJournal(scene.engine, `${scene.place.install}-gateway`)).at(-1);
const sums = (of: readonly Paper[]) => of.map(({ sum }) => sum).sort();
const bytesOf = (of: readonly Paper[]) => of.reduce((sum, { bytes }) => sum + bytes, 0);

beforeAll(async () => {
  scani = new StandInScani(scene.place);
  ada = await scani.seedUser("ada");
  [user] = (await sql<string>(scene, "select to_jsonb(id) from users")) as [string];
  papers = await addPapers(scene, home, user, sizes(count, total));
  papers.push(await addPaper(home, `documents/${user}/empty.txt`, 0));
  await nameInRows(scene, user, papers.slice(-1));
});

/** Does something under load, of which no request may fail. */
async function loaded(work: () => Promise<void>): Promise<void> {
  const load = await underLoad(scene, 300, promisedRate);
  try {
    await work();
  } finally {
    expect((await load.stop()).failed).toBe(0);
  }
}

async function previewed(stack: string): Promise<string> {
  const lines: string[] = [];
  await preview(
    contextOn(scene.place, (line) => lines.push(line)),
    stack,
  );
  return lines.join("\n");
}

test("a switch that would leave files behind is refused until the operator has said what is to become of them", async () => {
  changeSetting(scene.place, "tier2", "carryFiles", undefined);
  expect(await previewed("tier2")).toMatch(
    new RegExp(`files: ${papers.length} files \\(\\d+ MB\\) would have to go to http://hosted\\.internal:8082`),
  );
  const said = await failing(scene, up, "tier2");
  expect(said).toMatch(/carryFiles is not set, and there are \d+ files/);
  expect(said).toMatch(/type: .*carryFiles yes\n.*type: .*carryFiles no/);
  expect(await away.list()).toEqual(new Map());
  changeSetting(scene.place, "tier2", "carryFiles", "yes");
});

test("tier 1 → 2 under load: every file opens, every job is done once, and the preview counted right", async () => {
  const seen = await previewed("tier2");
  expect(seen).toContain(`files: ${papers.length} files (${Math.round(bytesOf(papers) / 1024 / 1024)} MB) to carry`);
  let sent: number[] = [];
  await loaded(async () => {
    const queued = scene.untilPrinted("✓ carry the files").then(async () => {
      sent = await queueImports(scene, home, user, jobs, 300);
    });
    await Promise.all([scene.up("tier2"), queued]);
    await until(async () => (await countImports(scene, sent)).once === jobs, 60_000).catch(() => undefined);
  });
  const entry = await lastFiles();
  console.log("up", JSON.stringify({ ...entry?.timings, flip: entry?.flipMs, files: entry?.files }));
  expect(entry?.files).toMatchObject({ stuck: [], gone: 0 });
  expect(entry?.files?.files).toBeGreaterThanOrEqual(papers.length);
  expect(await countImports(scene, sent)).toEqual({ sent: jobs, once: jobs, twice: 0, never: 0, failed: 0 });
  const { opens, missing } = await openAll(scani, ada);
  expect(missing).toEqual([]);
  expect(opens).toEqual(expect.arrayContaining(sums(papers)));
  expect([...(await away.list()).keys()].filter((key) => key.startsWith("temp/carry/"))).toEqual([]);
});

test("tier 2 → 1: what came on tier 2 comes home, and only that is carried", async () => {
  const added = await addPapers(scene, away, user, sizes(20, 20 * 1024 * 1024));
  papers.push(...added);
  const before = await home.list();
  const named = await sql<string>(scene, "select to_jsonb(r2_key) from documents");
  const fresh = named.filter((key) => !before.has(key));
  expect(await previewed("tier1")).toContain(`files: ${fresh.length} files (`);
  await loaded(() => scene.up("tier1").then(() => undefined));
  const entry = await lastFiles();
  console.log("home", JSON.stringify({ ...entry?.timings, flip: entry?.flipMs, files: entry?.files }));
  expect(entry?.files).toMatchObject({ stuck: [], gone: 0, files: fresh.length });
  const { opens, missing } = await openAll(scani, ada);
  expect(missing).toEqual([]);
  expect(opens).toEqual(expect.arrayContaining(sums(papers)));
  const [at, from] = [await home.list(), await away.list()];
  for (const key of named) expect([key, at.get(key)]).toEqual([key, from.get(key)]);
});
