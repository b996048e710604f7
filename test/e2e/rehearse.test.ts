import type Docker from "dockerode";
import { rmSync } from "node:fs";
import { connectDocker } from "../../host/engine/connect";
import type { Result } from "../../lab/rehearse/report";
import { foldersOf, installOf, ownFolder, sweep } from "../../lab/throwaway";
import { leftovers } from "./rehearsal/leftovers";
import { rehearsal } from "./rehearsal/run";

jest.setTimeout(600_000);

/** True to also interrupt rehearsals, which takes a quarter of an hour; a normal run makes one, and lets it end. */
const thorough = process.env.SCANI_TEST_THOROUGH !== undefined;

let docker: Docker;
let folder: string;
/** Names of all installs seen so far. */
const installs = new Set<string>();

beforeAll(() => {
  docker = connectDocker();
  folder = ownFolder("test");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Records the installs that exist now. */
function noteInstalls(): void {
  for (const place of foldersOf("rehearse", folder)) installs.add(installOf(place));
}

test("real images that are missing are named, with what to type, before anything is touched", async () => {
  const run = rehearsal(folder, ["--images", "real"], { SCANI_IMAGE_TAG: "0.0.0-missing" });
  expect(await run.ended).toMatchObject({ code: 1, json: "" });
  for (const service of ["api", "worker", "data-provider", "frontend-app", "migrate"]) {
    expect(run.said()).toMatch(new RegExp(`not on the engine: .*scani/${service}:0\\.0\\.0-missing`));
    expect(run.said()).toMatch(new RegExp(`type: .*docker pull scani/${service}:0\\.0\\.0-missing`));
  }
  expect(run.said()).not.toMatch(/plugin|Pulumi/);
  expect(foldersOf("rehearse", folder)).toEqual([]);
});

/** Returns counts of users' files, all of which open, and whose jobs were each done once. */
const files = (sent: number) => ({
  stored: sent,
  opens: sent,
  missing: 0,
  jobs: { sent, once: sent, twice: 0, never: 0 },
});

const switched = (from: string, to: string, uploaded: number) => ({
  from,
  to,
  totalMs: expect.any(Number),
  flipMs: expect.any(Number),
  sent: expect.any(Number),
  failed: 0,
  files: files(uploaded),
});

test(
  thorough ? "two at once: both are well, and nothing is left over" : "one is well, and nothing is left over",
  async () => {
    const runs = Array.from({ length: thorough ? 2 : 1 }, () => rehearsal(folder));
    await Promise.all(runs.map((run) => run.says(/Bringing base and tier 1 up/)));
    noteInstalls();
    const ends = await Promise.all(runs.map(({ ended }) => ended));
    ends.forEach(({ code, json }, one) => {
      if (code !== 0) throw new Error(`it ended with ${code}:\n${runs[one]?.said()}`);
      const report = JSON.parse(json) as Result;
      expect(report).toEqual({
        ok: true,
        switches: [switched("tier1", "tier2", 40), switched("tier2", "tier1", 60)],
        jobs: { sent: 600, once: 600, twice: 0, never: 0 },
        files: files(60),
        rows: { before: 100, after: expect.any(Number) },
      });
      for (const { sent, totalMs } of report.switches) expect(sent).toBeGreaterThan(totalMs / 20);
      expect(report.rows.after).toBeGreaterThan(report.rows.before + 100);
    });
    expect(installs.size).toBe(runs.length);
    expect(await leftovers(docker, folder, installs)).toEqual([]);
  },
);

if (thorough) {
  /** Lines to interrupt at, one for each kind of work. */
  const moments = [
    /Docker \S+ answers/,
    /Bringing base and tier 1 up/,
    /✓ base ready/,
    /▸ migrate/,
    /▸ start data-provider/,
    /Seeded/,
    /Switching tier1/,
    /Switching tier1[^]*▸ start api/,
    /Switching tier1[^]*▸ flip/,
    /Switching tier1[^]*✓ stop the old worker/,
    /Switching tier2/,
    /Switching tier2[^]*▸ retire/,
    /Removing the install/,
  ];

  test.each(moments)("Ctrl-C at %s: it cleans up after itself", async (moment) => {
    const run = rehearsal(folder);
    await run.says(moment);
    noteInstalls();
    process.kill(-(run.child.pid as number), "SIGINT");
    const { code, json } = await run.ended;
    // If it has printed its results it had already ended, with its normal clean-up.
    const over = run.said().includes("sessions with an encrypted credential");
    if (code !== (over ? 0 : 1) || (json !== "") !== over)
      throw new Error(`it ended with ${code} and the result ${json}:\n${run.said()}`);
    expect(await leftovers(docker, folder, installs)).toEqual([]);
  });

  test.each(moments.slice(1))(
    "killed at %s: the next run's sweep clears away what it left, and what goes on",
    async (moment) => {
      const run = rehearsal(folder);
      await run.says(moment);
      noteInstalls();
      run.child.kill("SIGKILL");
      await run.ended;
      const said: string[] = [];
      await sweep(docker, "rehearse", (line) => said.push(line), folder);
      expect(said).toEqual([expect.stringContaining("Removed what an interrupted run left: rehearse-")]);
      expect(await leftovers(docker, folder, installs)).toEqual([]);
    },
  );

  // Anything the engine was creating at a kill would exist by now.
  test("nothing of any of them is left", async () => expect(await leftovers(docker, folder, installs)).toEqual([]));
}
