import { once } from "node:events";
import { killGroup, npmRun } from "../rivals";
import type { Scene } from "../scene";

/** When a run is killed: as soon as it prints something, or some milliseconds after it began. */
export type Moment = { readonly line: RegExp } | { readonly afterMs: number };

/** How a run ended that was to be killed. */
export interface Killed {
  /** False when it was over before the moment came. */
  readonly killed: boolean;
  readonly output: string;
}

/** Runs `up` in a process group of its own and kills the whole group at a moment. */
export async function killedUp(scene: Scene, stack: string, moment: Moment): Promise<Killed> {
  const run = npmRun(scene, "up", stack);
  let killed = false;
  const kill = (): void => {
    if (!killed) killGroup(run);
    killed = true;
  };
  const timer = "afterMs" in moment ? setTimeout(kill, moment.afterMs) : undefined;
  const heard = (): void => { if ("line" in moment && moment.line.test(run.printed())) kill(); };
  for (const stream of [run.child.stdout, run.child.stderr]) stream?.on("data", heard);
  // Not its `close`: what outlives it may hold its output open.
  await once(run.child, "exit");
  clearTimeout(timer);
  return { killed, output: run.printed() };
}
