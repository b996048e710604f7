import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Scene } from "../scene";

/**
 * Runs `npm run up -- <stack>` as in a terminal, where somebody presses Ctrl-C once it has printed something: every
 * process in the terminal's foreground gets the signal.
 * @param times number of signals, sent at once
 */
export async function interruptedUp(
  { place }: Scene,
  stack: string,
  line: RegExp,
  times: number,
): Promise<{ readonly code: number | null; readonly printed: string }> {
  const cli = join(__dirname, "..", "..", "..", "ops", "cli.js");
  const child = spawn(process.execPath, [cli, "up", stack, "--project", place.workDir], {
    env: { ...process.env, ...place.environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let printed = "";
  let pressed = false;
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (piece: Buffer) => {
      printed += piece.toString();
      if (pressed || !line.test(printed)) return;
      pressed = true;
      for (let time = 0; time < times; time += 1) process.kill(-(child.pid as number), "SIGINT");
    });
  // Do not wait for `close`: a process that outlives it may hold its output open.
  await once(child, "exit");
  return { code: child.exitCode, printed };
}
