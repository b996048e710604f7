/** Characters of an answer that are shown. */
const shown = 300;

/** One of the things a service depends on, as Scani's `/readyz` reports it. Source: shared/scani.md. */
interface Check {
  readonly ok: boolean;
  readonly error?: string;
}

/**
 * What a health command said, as one line: the checks that fail instead of the whole report, which names those that
 * do not first and would be cut before the cause. Pure.
 * @param output of the command, both streams in any order
 */
export function reasonIn(output: string): string {
  // Without curl's timings, which would make every reason a new one.
  const line = output
    .replace(/\s+/g, " ")
    .replace(/ after \d+ ms/g, "")
    .trim();
  const report = /\{.*\}/.exec(line)?.[0];
  const failing = report === undefined ? [] : failingChecks(report);
  // Nothing is put in its place: the other stream comes in pieces, and the report may stand within a word of it.
  const told =
    failing.length === 0
      ? line
      : [...failing, line.replace(report as string, "").trim()].filter((part) => part !== "").join("; ");
  return told.slice(0, shown).trim();
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
