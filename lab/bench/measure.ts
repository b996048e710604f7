import { seconds as spell } from "../../util/progress/progress";
import { startLoad, type LoadHandle, type LoadReport } from "../load";
import type { Report as Say } from "../../util/progress/progress";
import type { Interrupt } from "../interrupt";
import { rates, type Load } from "./load";
import type { Run } from "./report/run";

/** Milliseconds under load: before the command, after it, and in total. At 100 a second, 52 s are 5,200 requests. */
const span = { before: 10_000, after: 5_000, all: 52_000 };

/** Seconds after which a load that nobody stops ends by itself. */
const longest = 900;

/** One switch to measure under load. */
export interface Switch {
  readonly name: string;
  /** Address of the front. */
  readonly url: string;
  readonly load: Load;
  /** Runs the command; resolves when it has ended. */
  command(): Promise<void>;
  /** Does what the operator still has to do after the command; under load, but not part of its time. */
  afterwards?(): Promise<void>;
}

/** Measurements of one switch by the load. */
export type Seen = Omit<Run, "flipMs" | "slowResponse" | "files" | "parts">;

/** Makes a switch under load and stops the load, whatever happens. @throws what the command throws */
export async function measure(made: Switch, interrupt: Interrupt, say: Say): Promise<Seen> {
  say(`${made.name}: load on`);
  const loads: LoadHandle[] = [];
  let began = NaN;
  let ended = NaN;
  let reports: LoadReport[];
  try {
    for (const part of ["api", "page"] as const) {
      loads.push(await startLoad({ url: made.url, rate: rates[part], seconds: longest, requests: made.load[part] }));
    }
    const loaded = Date.now();
    await interrupt.pause(span.before);
    began = Date.now();
    await made.command();
    ended = Date.now();
    await made.afterwards?.();
    await interrupt.pause(Math.max(loaded + span.all, Date.now() + span.after) - Date.now());
  } finally {
    reports = await Promise.all(loads.map((load) => load.stop()));
  }
  const seen = summarize(made.name, reports, began, ended);
  say(`${made.name}: ${spell(ended - began)}, ${seen.failed} of ${seen.sent} failed`);
  // Log the first failures, which show the cause; on a busy machine the load itself may have lagged.
  for (const { why, method, path, connection } of reports.flatMap(({ failures }) => failures.slice(0, 3)))
    say(`  ${method} ${path} (${connection}): ${why}`);
  const lag = Math.max(...reports.map(({ lagMs }) => lagMs));
  if (lag > 250) say(`  the load itself was ${Math.round(lag)} ms behind at worst: this machine was busy`);
  return seen;
}

function summarize(name: string, reports: readonly LoadReport[], began: number, ended: number): Seen {
  const sum = (what: "sent" | "failed") => reports.reduce((all, report) => all + report[what], 0);
  const slower = (from: number, to: number) => {
    const known = reports.map((report) => report.p99(from, to)).filter((ms) => !Number.isNaN(ms));
    return known.length === 0 ? null : Math.max(...known);
  };
  return {
    name,
    sent: sum("sent"),
    failed: sum("failed"),
    longestGapMs: Math.max(...reports.map(({ longestGapMs }) => longestGapMs)),
    totalMs: ended - began,
    p99BeforeMs: slower(0, began),
    p99DuringMs: slower(began, ended),
  };
}
