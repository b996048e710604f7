/** Longest reason that is shown, in characters. */
const longestReason = 300;

/** One dependency of a service, as Scani's `/readyz` reports it. */
interface Check {
  readonly ok: boolean;
  readonly error?: string;
}

/**
 * Returns the reason in the output of a health command, as one line. From a report it takes the failing checks only:
 * the report lists the others first, and would be cut before the cause. Pure.
 * @param output of the command, both streams in any order
 */
export function reasonIn(output: string): string {
  // Remove curl's timings: they would make every reason a new one.
  const line = output
    .replace(/\s+/g, " ")
    .replace(/ after \d+ ms/g, "")
    .trim();
  const report = /\{.*\}/.exec(line)?.[0];
  const failing = report === undefined ? [] : failingChecks(report);
  // The report is cut out without a space: the streams are interleaved, and it may be in the middle of a word.
  const reason =
    failing.length === 0
      ? line
      : [...failing, line.replace(report as string, "").trim()].filter((part) => part !== "").join("; ");
  return reason.slice(0, longestReason).trim();
}

function failingChecks(report: string): string[] {
  const checks = Object.entries(parsed(report)?.checks ?? {});
  return checks.flatMap(([name, check]) => (check?.ok === false ? [`${name}: ${check.error ?? "fails"}`] : []));
}

function parsed(report: string): { readonly checks?: Readonly<Record<string, Check | undefined>> } | undefined {
  try {
    return JSON.parse(report) as never;
  } catch {
    return undefined;
  }
}
