import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { chromium, compose, ensurePackage, prepare } from "./setup";
import { foldersOf, ownFolder, sweep } from "./throwaway";
import type { Report as Say } from "../util/progress/progress";
import { root } from "../ops/root";

/** Kinds of what the end-to-end tests make, throwaway installs and folders; those of killed runs are removed first. */
const kinds = [
  "test",
  "page",
  "switch",
  "faults",
  "facts",
  "takedown",
  "hands",
  "runs",
  "data",
  "parity",
  "dotenv",
  "restart",
  "ssh",
  "many",
  "real",
];

/** Test files under way at a time. */
const lanes = 2;

/** Jest's own summary, as far as it is read here. */
interface Summary {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/**
 * Sets this machine up, then checks the style and runs every test, end to end ones included.
 * @param args further words for jest
 * @returns whether all passed; the last line reported counts them
 */
export async function test(args: readonly string[], say: Say): Promise<boolean> {
  const { docker, environment } = await prepare(say, { images: "stand-in", languageHost: true });
  for (const one of [chromium, compose]) await ensurePackage(one, say);
  // A rehearsal of the tests has its install in their folder, which goes last.
  for (const folder of foldersOf("test")) await sweep(docker, "rehearse", say, folder);
  for (const kind of kinds) await sweep(docker, kind, say);

  const folder = ownFolder("test");
  const results = join(folder, "results.json");
  const all = { ...process.env, ...environment };
  try {
    // Each file has an install of its own, and one waits while another works.
    const [formatted, linted] = await Promise.all([
      run("prettier", ["--check", "--log-level", "warn", "."], all),
      run("eslint", [".", "--max-warnings", "0"], all),
      run("jest", ["--ci", `--maxWorkers=${lanes}`, "--json", `--outputFile=${results}`, ...args], all),
    ]);
    const summary = JSON.parse(readFileSync(results, "utf8")) as Summary;
    const failed = summary.numFailedTests + summary.numRuntimeErrorTestSuites + (formatted && linted ? 0 : 1);
    if (!formatted) say("Some files are not formatted, see above. Type: npm run format");
    if (!linted) say("The style check failed, see above.");
    if (summary.numPendingTests > 0) say(`SKIPPED: ${summary.numPendingTests} tests could not run on this machine.`);
    say(
      `${summary.numPassedTests} passed, ${failed} failed${summary.numPendingTests > 0 ? `, ${summary.numPendingTests} skipped` : ""}`,
    );
    return failed === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs one of the project's own tools; true when it ends well. Its output goes to standard error, as jest's does. */
function run(tool: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, "node_modules", ".bin", tool), args, {
      cwd: root,
      env: environment,
      stdio: ["ignore", 2, 2],
    });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code === 0));
  });
}
