import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { killGroup, npmRun } from "./rivals";
import type { Scene } from "../scene";

/** When a run is killed: as soon as it prints something, or some milliseconds after it began. */
export type Moment = { readonly line: RegExp } | { readonly afterMs: number };

/** Who is killed: its process group, or its plugins too, which Pulumi starts in groups of their own. */
export type Reach = "alone" | "with its plugins";

/** How a run ended that was to be killed. */
export interface Killed {
  /** False when it was over before the moment came. */
  readonly killed: boolean;
  readonly output: string;
}

/** Runs `up` in a process group of its own and kills it at a moment. */
export async function killedUp(scene: Scene, stack: string, moment: Moment, reach: Reach): Promise<Killed> {
  const run = npmRun(scene, "up", stack);
  let killed = false;
  const kill = (): void => {
    if (killed) return;
    killed = true;
    // Asked before: who has lost its parent is nobody's descendant any more.
    const others = reach === "alone" ? [] : descendantsOf(run.child.pid as number);
    killGroup(run);
    for (const pid of others) killIfThere(pid);
  };
  const timer = "afterMs" in moment ? setTimeout(kill, moment.afterMs) : undefined;
  const heard = (): void => {
    if ("line" in moment && moment.line.test(run.printed())) kill();
  };
  for (const stream of [run.child.stdout, run.child.stderr]) stream?.on("data", heard);
  // Not its `close`: what outlives it may hold its output open.
  await once(run.child, "exit");
  clearTimeout(timer);
  return { killed, output: run.printed() };
}

/**
 * Numbers of the processes a process has started, and of those they have. Field 4 of /proc/<pid>/stat is the parent.
 */
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
