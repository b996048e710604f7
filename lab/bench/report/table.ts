import type { Bar } from "./bars";
import type { Machine } from "./machine";
import { runName, type Run } from "./run";

const columns = [
  "switch",
  "sent",
  "failed",
  "longest gap",
  "flip",
  "total",
  "p99 before",
  "p99 during",
  "20 s response",
  "files open",
  "file jobs once",
];

/** Renders the report for a person as Markdown: when and where, the table, which bars hold. Pure. */
export function markdown(runs: readonly Run[], bars: readonly Bar[], machine: Machine, at: Date): string {
  return [
    `Measured ${at.toISOString().slice(0, 10)} on ${machine.cores} cores, ${Math.round(machine.memoryBytes / 2 ** 30)} GiB, Docker Engine ${machine.engine}, ${machine.compose}; images ${machine.images}. 100 requests a second, half on kept connections and half on fresh ones, GET and POST.`,
    "",
    row(columns),
    row(columns.map((_, i) => (i === 0 ? "---" : "---:"))),
    ...runs.map((run) => row(cells(run))),
    "",
    "Total: the command alone, for compose until the api is ready as well; neither the operator's edits nor the restart of frontend-app that brings compose's site back. Gap: without a success from the api, or from the page.",
    "",
    ...runs.flatMap(({ name, parts }) =>
      parts !== undefined && name === runName.first ? [`${name}, second by second: ${partsText(parts)}.`, ""] : [],
    ),
    ...bars.map(({ demand, measured, held }) => `- ${held ? "pass" : "FAIL"}: ${demand} (${measured})`),
  ].join("\n");
}

function row(texts: readonly string[]): string {
  return `| ${texts.join(" | ")} |`;
}

function cells(run: Run): string[] {
  return [
    run.name,
    grouped(run.sent),
    grouped(run.failed),
    time(run.longestGapMs),
    time(run.flipMs),
    time(run.totalMs),
    time(run.p99BeforeMs),
    time(run.p99DuringMs),
    run.slowResponse ?? "",
    run.files === undefined ? "–" : `${grouped(run.files.opens)} of ${grouped(run.files.stored)}`,
    run.files === undefined ? "–" : `${grouped(run.files.jobs.once)} of ${grouped(run.files.jobs.sent)}`,
  ];
}

/** Renders the parts of a command's time, as `Pulumi 8.2 s, preflight 1.0 s`, without those below 50 ms. Pure. */
export function partsText(parts: Readonly<Record<string, number>>): string {
  return Object.entries(parts)
    .filter(([, ms]) => ms >= 50)
    .map(([part, ms]) => `${part} ${time(ms)}`)
    .join(", ");
}

/** Formats a count as `5,200`, whatever the machine's language. */
function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** Formats a time: `14 ms` below a second, `2.9 s` above. */
function time(ms: number | null): string {
  if (ms === null) return "–";
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
