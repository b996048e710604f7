import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** One file of tests as jest's `--json` describes it, as far as it is read here. */
export interface TestFile {
  readonly name: string;
  /** What kept the file from running at all; empty where its tests ran. */
  readonly message: string;
  readonly assertionResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** Lines shown of a message: what failed stands at its beginning, what Pulumi says of the reason at its end. */
const [first, last] = [3, 9];

/**
 * What failed, in short: who sees only the end of a long output learns which tests to run again, and why.
 * @param root the folder the names of files are given from
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

/** The message without the places in the code, colours and empty lines. */
function told(message: string): string[] {
  return stripVTControlCharacters(message)
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\s+at .+:\d+:\d+\)?$/.test(line));
}

function ends(lines: readonly string[]): string[] {
  return lines.length <= first + last + 1 ? [...lines] : [...lines.slice(0, first), "...", ...lines.slice(-last)];
}
