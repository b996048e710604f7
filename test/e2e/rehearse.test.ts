import type Docker from "dockerode";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../infra/engine/connect";
import { root } from "../../ops/root";
import { foldersIn, leftovers } from "./rehearsal/leftovers";
import { rehearsal } from "./rehearsal/run";

jest.setTimeout(600_000);

/** Whole rehearsals take half an hour in all; a normal run makes none. */
const thorough = process.env.SCANI_TEST_THOROUGH !== undefined;

let docker: Docker;
let folder: string;
/** Names of all installs that were seen. */
const installs = new Set<string>();

beforeAll(() => {
  docker = connect();
  folder = mkdtempSync(join(tmpdir(), "scani-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Takes note of the installs there are now. */
function noteInstalls(): void {
  for (const name of foldersIn(folder)) installs.add((JSON.parse(readFileSync(join(folder, name, "owner.json"), "utf8")) as { install: string }).install);
}

/** What the sweep a next run begins with says, in a process of its own: where temporary files are is asked of the process, and jest's tests share one. */
function sweptIn(temporary: string): string[] {
  const script = `const { sweep } = require(${JSON.stringify(join(root, "bin", "ops", "throwaway"))}), { connect } = require(${JSON.stringify(join(root, "bin", "infra", "engine", "connect"))});`
    + 'sweep(connect(), "rehearse", (line) => console.log(line));';
  return execFileSync(process.execPath, ["-e", script], { env: { ...process.env, TMPDIR: temporary }, encoding: "utf8" }).trim().split("\n");
}

test("real images that are missing are named, with what to type, before anything is touched", async () => {
  const run = rehearsal(folder, ["--images", "real"], { SCANI_IMAGE_TAG: "0.0.0-missing" });
  expect(await run.ended).toMatchObject({ code: 1, json: "" });
  for (const service of ["api", "worker", "data-provider", "frontend-app", "migrate"]) {
    expect(run.said()).toMatch(new RegExp(`not on the engine: .*scani/${service}:0\\.0\\.0-missing`));
    expect(run.said()).toMatch(new RegExp(`type: .*docker pull scani/${service}:0\\.0\\.0-missing`));
  }
  expect(run.said()).not.toMatch(/plugin|Pulumi/);
  expect(foldersIn(folder)).toEqual([]);
});

if (thorough) {
  test("two at once: both are well, and nothing is left over", async () => {
    const runs = [rehearsal(folder), rehearsal(folder)];
    await Promise.all(runs.map((run) => run.says(/Bringing base and tier 1 up/)));
    noteInstalls();
    const ends = await Promise.all(runs.map(({ ended }) => ended));
    ends.forEach(({ code, json }, one) => {
      if (code !== 0) throw new Error(`it ended with ${code}:\n${runs[one]?.said()}`);
      expect(JSON.parse(json)).toMatchObject({ ok: true });
    });
    expect(installs.size).toBe(2);
    expect(await leftovers(docker, folder, installs)).toEqual([]);
  });

  /** One for each kind of thing that may be under way. */
  const moments = [
    /Docker \S+ answers/, /Bringing base and tier 1 up/, /✓ base ready/, /▸ migrate/, /▸ start data-provider/, /Seeded/, /Switching tier1/,
    /Switching tier1[^]*▸ start api/, /Switching tier1[^]*▸ flip/, /Switching tier1[^]*✓ stop the old worker/, /Switching tier2/, /Switching tier2[^]*▸ retire/, /Removing the install/,
  ];

  test.each(moments)("Ctrl-C at %s: it cleans up after itself", async (moment) => {
    const run = rehearsal(folder);
    await run.says(moment);
    noteInstalls();
    process.kill(-(run.child.pid as number), "SIGINT");
    const { code, json } = await run.ended;
    // One that had said all it saw was over, and has cleaned up as it would have.
    const over = run.said().includes("Removing the install");
    if (code !== (over ? 0 : 1) || (json !== "") !== over) throw new Error(`it ended with ${code} and the result ${json}:\n${run.said()}`);
    expect(await leftovers(docker, folder, installs)).toEqual([]);
  });

  test.each(moments.slice(1))("killed at %s: the next run's sweep clears away what it left, and what goes on", async (moment) => {
    const run = rehearsal(folder);
    await run.says(moment);
    noteInstalls();
    run.child.kill("SIGKILL");
    await run.ended;
    const said = sweptIn(folder);
    expect(said).toEqual([expect.stringContaining("Removed what an interrupted run left: rehearse-")]);
    expect(await leftovers(docker, folder, installs)).toEqual([]);
  });

  // What was under way on the engine at a kill would have come to be by now.
  test("nothing of any of them is left", async () => expect(await leftovers(docker, folder, installs)).toEqual([]));
}
