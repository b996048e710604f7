import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { killGroup, npmRun } from "./rivals";
import type { Scene } from "../scene";

/** Moment of a kill: when the run prints a line, or some milliseconds after it began. */
export type Moment = { readonly line: RegExp } | { readonly afterMs: number };

/** Processes to kill: the run's process group, or also its plugins, which Pulumi starts in separate groups. */
export type Reach = "alone" | "with its plugins";

/** End of a run that was to be killed. */
export interface Killed {
  /** False when it ended before the moment came. */
  readonly killed: boolean;
  readonly output: string;
}

/** Runs `up` in a separate process group and kills it at a moment. */
export async function killedUp(scene: Scene, stack: string, moment: Moment, reach: Reach): Promise<Killed> {
  const run = npmRun(scene, "up", stack);
  let killed = false;
  const kill = (): void => {
    if (killed) return;
    killed = true;
    // Find them before the kill: a process that has lost its parent is nobody's descendant any more.
    const others = reach === "alone" ? [] : descendantsOf(run.child.pid as number);
    killGroup(run);
    for (const pid of others) killIfThere(pid);
  };
  const timer = "afterMs" in moment ? setTimeout(kill, moment.afterMs) : undefined;
  const heard = (): void => {
    if ("line" in moment && moment.line.test(run.printed())) kill();
  };
  for (const stream of [run.child.stdout, run.child.stderr]) stream?.on("data", heard);
  // Do not wait for `close`: a process that outlives it may hold its output open.
  await once(run.child, "exit");
  clearTimeout(timer);
  return { killed, output: run.printed() };
}

/** Lists the pids of a process' descendants. Field 4 of /proc/<pid>/stat is the parent. */
function descendantsOf(ancestor: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid): [number, number][] => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        return [[Number(pid), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])]];
      } catch {
        return [];
      }
    });
  const below = (pid: number): number[] =>
    parents.filter(([, parent]) => parent === pid).flatMap(([child]) => [child, ...below(child)]);
  return below(ancestor);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
