import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** Part that is read here of a test file in jest's `--json`. */
export interface TestFile {
  readonly name: string;
  /** Reason the file did not run at all; empty if its tests ran. */
  readonly message: string;
  readonly assertionResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** Number of lines shown from both ends of a message: the failure is at its beginning, Pulumi's reason at its end. */
const [first, last] = [3, 9];

/**
 * Summarises the failures, so that the end of a long output shows which tests to run again, and why.
 * @param root folder to which the file names are relative
 * @returns lines: for each failed test its file, its name and both ends of its message
 */
export function describeFailures(files: readonly TestFile[], root: string): string[] {
  return files.flatMap((file) => {
    const failed = file.assertionResults.filter(({ status }) => status === "failed");
    const reasons = failed.map(({ fullName, failureMessages }) => [fullName, failureMessages.join("\n")] as const);
    // A file that failed without a failed test did not run.
    if (failed.length === 0 && file.message !== "") reasons.push(["the file itself", file.message]);
    return reasons.flatMap(([name, message]) => [
      `FAILED ${relative(root, file.name)}: ${name}`,
      ...ends(told(message)).map((line) => `  ${line}`),
    ]);
  });
}

/** Returns the lines of a message without stack frames, colours and empty lines. */
function told(message: string): string[] {
  return stripVTControlCharacters(message)
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\s+at .+:\d+:\d+\)?$/.test(line));
}

function ends(lines: readonly string[]): string[] {
  return lines.length <= first + last + 1 ? [...lines] : [...lines.slice(0, first), "...", ...lines.slice(-last)];
}
