import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeFailures, type TestFile } from "./testFailures";
import { chromium, compose, sshServer, ensurePackage, prepare } from "./setup";
import { foldersOf, ownFolder, sweep, testKinds } from "./throwaway";
import type { Report } from "../util/progress/progress";
import { root } from "../ops/root";

/** Number of test files run at a time. */
const lanes = 2;

/** Part of Jest's summary that is read here. */
interface Summary {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly TestFile[];
}

/**
 * Sets this machine up, then checks the style and runs every test, end to end ones included.
 * @param args further arguments for jest
 * @returns true when all passed; the last line reported has the counts
 */
export async function test(args: readonly string[], report: Report): Promise<boolean> {
  const { docker, environment } = await prepare(report, { images: "stand-in", languageHost: true });
  for (const one of [chromium, compose, sshServer]) await ensurePackage(one, report);
  // A rehearsal started by a test has its install in the test's folder, so sweep it before that folder is removed.
  for (const folder of foldersOf("test")) await sweep(docker, "rehearse", report, folder);
  for (const kind of testKinds) await sweep(docker, kind, report);

  const folder = ownFolder("test");
  const all = { ...process.env, ...environment };
  /** Runs some of the files. @param group as in jest.config.js */
  const jest = async (group: "but" | "only", workers: number): Promise<Summary> => {
    const results = join(folder, `${group}.json`);
    const words = ["--ci", `--maxWorkers=${workers}`, "--json", `--outputFile=${results}`, "--passWithNoTests"];
    await run("jest", [...words, ...args], { ...all, SCANI_TEST_ALONE: group });
    return JSON.parse(readFileSync(results, "utf8")) as Summary;
  };
  try {
    // Files run concurrently, as each has its own install and waits most of the time.
    const [formatted, linted, typed, beside] = await Promise.all([
      run("prettier", ["--check", "--log-level", "warn", "."], all),
      run("eslint", [".", "--max-warnings", "0"], all),
      run("tsc", ["-p", join("lab", "images", "page")], all),
      jest("but", lanes),
    ]);
    const alone = await jest("only", 1);
    const count = (name: keyof Omit<Summary, "testResults">): number => beside[name] + alone[name];
    const failed =
      count("numFailedTests") + count("numRuntimeErrorTestSuites") + (formatted && linted && typed ? 0 : 1);
    if (!formatted) report("Some files are not formatted, see above. Type: npm run format");
    if (!linted) report("The style check failed, see above.");
    if (!typed) report("The types of the stand-in page do not fit, see above.");
    for (const { testResults } of [beside, alone]) describeFailures(testResults, join(root, "bin")).forEach(report);
    const [passed, skipped] = [count("numPassedTests"), count("numPendingTests")];
    if (passed + failed + skipped === 0) report("No test was asked for that there is.");
    if (skipped > 0) report(`SKIPPED: ${skipped} tests could not run on this machine.`);
    report(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
    return failed === 0 && passed + skipped > 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs one of the project's own tools. @returns true when it exits with 0; its output goes to standard error, as jest's
 * does
 */
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
