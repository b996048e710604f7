import { spawn } from "node:child_process";
import { join } from "node:path";
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
export function killedUp(scene: Scene, stack: string, moment: Moment): Promise<Killed> {
  const child = spawn(process.execPath, [join(__dirname, "runner.js"), stack, JSON.stringify(scene.place)], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const group = child.pid as number;
  let output = "";
  let killed = false;
  const kill = (): void => {
    if (killed) return;
    killed = true;
    process.kill(-group, "SIGKILL");
  };
  const timer = "afterMs" in moment ? setTimeout(kill, moment.afterMs) : undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if ("line" in moment && moment.line.test(output)) kill();
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve({ killed, output });
    });
  });
}
