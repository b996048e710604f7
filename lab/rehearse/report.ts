import { seconds } from "../../util/progress/progress";
import type { FilesSeen } from "./papers";
import type { Jobs } from "./session";

/** One switch of a rehearsal. Times in milliseconds. */
export interface RehearsedSwitch {
  readonly from: string;
  readonly to: string;
  readonly totalMs: number;
  readonly flipMs: number;
  readonly sent: number;
  readonly failed: number;
  /** Users' files, opened once it was over. */
  readonly files: FilesSeen;
}

/** Result of a rehearsal. */
export interface Result {
  readonly ok: boolean;
  readonly switches: readonly RehearsedSwitch[];
  readonly jobs: Jobs;
  /** Users' files after the last switch. */
  readonly files: FilesSeen;
  /** Rows in the database, before the load and after it. */
  readonly rows: { readonly before: number; readonly after: number };
  /** Folder of the project it left up, with Pulumi.yaml; only if it was asked to. */
  readonly project?: string;
  /** Address of the page of what it left up. */
  readonly url?: string;
  /** Name of the install it left up. */
  readonly install?: string;
}

/** Everything a rehearsal counted. */
export interface Seen extends Pick<Result, "switches" | "jobs" | "rows"> {
  /** Rows the load was told were written. */
  readonly written: number;
  /** Number of sessions, and of those whose user is still signed in and whose credential can be read. */
  readonly sessions: { readonly made: number; readonly kept: number };
}

/** Returns the failures of a rehearsal; none means that it went well. Pure. */
function wrongs({ switches, jobs, rows, written, sessions }: Seen): string[] {
  return [
    ...switches
      .filter(({ failed }) => failed > 0)
      .map(({ from, to, failed, sent }) => `${from} → ${to}: ${failed} of ${sent} requests failed`),
    ...switches
      .filter(({ files }) => files.missing > 0 || files.jobs.once !== files.jobs.sent)
      .map(({ from, to, files }) => `${from} → ${to}: ${tellFiles(files)}`),
    ...(jobs.once === jobs.sent
      ? []
      : [`jobs: of ${jobs.sent}, ${jobs.once} were done once, ${jobs.twice} twice, ${jobs.never} never`]),
    ...(rows.after === rows.before + written
      ? []
      : [`rows: ${rows.after} are there, ${rows.before + written} were acknowledged`]),
    ...(sessions.kept === sessions.made ? [] : [`sessions: ${sessions.kept} of ${sessions.made} still hold`]),
  ];
}

function tellFiles({ stored, opens, missing, jobs }: FilesSeen): string {
  return `files: ${stored} stored, ${opens} open, ${missing} missing; jobs that read them: ${jobs.sent} sent, ${jobs.once} done once, ${jobs.twice} twice, ${jobs.never} never`;
}

/** Renders the result for a person. Pure. */
export function tell(seen: Seen): string {
  return [
    ...seen.switches.map(
      ({ from, to, totalMs, flipMs, sent, failed }) =>
        `${from} → ${to}: ${seconds(totalMs)} in all, flip ${seconds(flipMs)}; ${sent} requests sent, ${failed} failed`,
    ),
    ...seen.switches.slice(-1).map(({ files }) => tellFiles(files)),
    `jobs: ${seen.jobs.sent} sent, ${seen.jobs.once} done once, ${seen.jobs.twice} twice, ${seen.jobs.never} never`,
    `rows: ${seen.rows.before} before, ${seen.written} written under load, ${seen.rows.after} after`,
    `sessions with an encrypted credential: ${seen.sessions.made} made, ${seen.sessions.kept} still good`,
    ...wrongs(seen).map((wrong) => `WRONG: ${wrong}`),
  ].join("\n");
}

/** Returns the JSON object of `--json`. Pure. */
export function resultOf(seen: Seen): Result {
  const { switches, jobs, rows } = seen;
  return {
    ok: wrongs(seen).length === 0,
    switches,
    jobs: { sent: jobs.sent, once: jobs.once, twice: jobs.twice, never: jobs.never },
    files: (switches.at(-1) as RehearsedSwitch).files,
    rows,
  };
}
