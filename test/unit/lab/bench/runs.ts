import { isControl, runName, type Run } from "../../../../lab/bench/report/run";
import type { FilesSeen } from "../../../../lab/rehearse/papers";

/** Returns a run in which nothing went wrong. */
export function goodRun(name: Run["name"], changed: Partial<Run> = {}): Run {
  return {
    name,
    sent: 5200,
    failed: 0,
    longestGapMs: 60,
    flipMs: 150,
    totalMs: 7_500,
    p99BeforeMs: 6,
    p99DuringMs: 40,
    ...(isControl({ name }) ? {} : { files: filesSeen() }),
    ...changed,
  };
}

/** Returns counts of files, some missing, and of jobs, some never done. */
export function filesSeen(missing = 0, never = 0): FilesSeen {
  return { stored: 30, opens: 30 - missing, missing, jobs: { sent: 30, once: 30 - never, twice: 0, never } };
}

/** Returns the runs of a bench that holds every bar. */
export function goodRuns(changed: Partial<Record<keyof typeof runName, Partial<Run>>> = {}): Run[] {
  const usual: Partial<Record<keyof typeof runName, Partial<Run>>> = {
    composeForth: { failed: 2900, flipMs: null, totalMs: 32_000 },
    composeBack: { failed: 5100, flipMs: null, totalMs: 62_000 },
    first: { totalMs: 14_000 },
    slowForth: { slowResponse: "whole" },
    slowBack: { slowResponse: "whole" },
  };
  return (Object.keys(runName) as (keyof typeof runName)[]).map((key) =>
    goodRun(runName[key], { ...usual[key], ...changed[key] }),
  );
}
