import type { FilesSeen } from "../../rehearse/papers";
import { isControl, runName, type Run } from "./run";

/** One demand, what was measured, and whether it held. */
export interface Bar {
  readonly demand: string;
  readonly measured: string;
  readonly held: boolean;
}

/** Limits the runs must keep to. Times in milliseconds. */
const limits = { sent: 5_000, flip: 500, first: 20_000, back: 12_000, warmBack: 8_000 };

/** Shares of compose's time: version 1 creates one container after the other, later ones create them concurrently. */
const shareOf = { first: 0.6, later: 1.3 };

/**
 * Compares the runs with the limits. A missing run fails its bars. Pure.
 * @param compose version of the compose it is measured against, as `docker-compose 1.29.2`
 */
export function judge(runs: readonly Run[], compose: string): Bar[] {
  const named = (name: string) => runs.find((run) => run.name === name);
  const first = named(runName.first);
  const own = runs.filter((run) => !isControl(run));
  return [
    proof(runs.filter(isControl)),
    lossless(own),
    files(own),
    enough(own),
    whole([named(runName.slowForth), named(runName.slowBack)]),
    flips(own),
    within("tier 1 to 2, first time, in all", first?.totalMs, limits.first),
    share(
      first?.totalMs,
      named(runName.composeForth)?.totalMs,
      / v?1\.[\d.]+$/.test(compose) ? shareOf.first : shareOf.later,
    ),
    within("rollback, containers stopped, in all", named(runName.back)?.totalMs, limits.back),
    within("rollback, kept warm, in all", named(runName.warmBack)?.totalMs, limits.warmBack),
  ];
}

/** Demands that the control fails requests: a load it survives would show nothing about this module. */
function proof(control: readonly Run[]): Bar {
  const failed = total(control, "failed");
  return {
    demand: "compose fails some requests",
    measured: failed > 0 ? `${failed} of ${total(control, "sent")}` : "none: the load proves nothing",
    held: failed > 0,
  };
}

function lossless(own: readonly Run[]): Bar {
  const failed = total(own, "failed");
  return {
    demand: "requests this module fails: 0",
    measured: `${failed} of ${total(own, "sent")}`,
    held: own.length > 0 && failed === 0,
  };
}

function files(own: readonly Run[]): Bar {
  const known = own.flatMap((run) => run.files ?? []);
  const sum = (of: (files: FilesSeen) => number) => known.reduce((all, one) => all + of(one), 0);
  const [missing, wrong] = [sum((one) => one.missing), sum(({ jobs }) => jobs.sent - jobs.once)];
  const all = own.length > 0 && known.length === own.length;
  return {
    demand: "after each switch every file opens, and every job that reads one was done once",
    measured: all ? `${missing} missing, ${wrong} jobs not done once` : "not counted after every switch",
    held: all && missing === 0 && wrong === 0,
  };
}

function enough(own: readonly Run[]): Bar {
  const least = Math.min(...own.map(({ sent }) => sent));
  return {
    demand: `requests per switch: at least ${limits.sent}`,
    measured: own.length === 0 ? "not measured" : `${least} or more`,
    held: own.length > 0 && least >= limits.sent,
  };
}

function whole(slow: readonly (Run | undefined)[]): Bar {
  const outcomes = slow.map((run) => run?.slowResponse ?? "not measured");
  return {
    demand: "a 20-second response begun before the flip arrives whole, both ways",
    measured: outcomes.join(", "),
    held: outcomes.every((one) => one === "whole"),
  };
}

function flips(own: readonly Run[]): Bar {
  const known = own.flatMap(({ flipMs }) => flipMs ?? []);
  const all = own.length > 0 && known.length === own.length;
  const longest = Math.max(...known);
  return {
    demand: `flip: at most ${limits.flip} ms`,
    measured: all ? `${Math.round(longest)} ms at the most` : "not measured in every switch",
    held: all && longest <= limits.flip,
  };
}

function within(what: string, ms: number | undefined, limit: number): Bar {
  return {
    demand: `${what}: at most ${limit / 1000} s`,
    measured: ms === undefined ? "not measured" : `${(ms / 1000).toFixed(1)} s`,
    held: ms !== undefined && ms <= limit,
  };
}

function share(ms: number | undefined, compose: number | undefined, most: number): Bar {
  const demand = `the same as a share of compose's time: at most ${most}`;
  if (ms === undefined || compose === undefined) return { demand, measured: "not measured", held: false };
  return {
    demand,
    measured: `${(ms / compose).toFixed(2)} of ${(compose / 1000).toFixed(1)} s`,
    held: ms <= most * compose,
  };
}

function total(runs: readonly Run[], what: "sent" | "failed"): number {
  return runs.reduce((sum, run) => sum + run[what], 0);
}
