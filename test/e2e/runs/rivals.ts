import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Scene } from "../scene";
import { until } from "../traffic";

/** A command in a separate process group, with its timing. */
export interface Rival {
  readonly child: ChildProcess;
  /** Returns its output so far. */
  printed(): string;
  /** Resolves with the milliseconds from its start until it has printed a text; rejects when it does not in time. */
  saysWithin(text: string | RegExp, withinMs: number): Promise<number>;
  readonly ended: Promise<{ code: number | null; tookMs: number; printed: string; toldAfterMs?: number }>;
}

/** Beginning of a refusal. */
export const refused = "This install is being worked on";

/** Starts `npm run <command> -- <stack>`. */
export function npmRun(scene: Scene, command: "up" | "preview" | "down", stack: string): Rival {
  return start(
    process.execPath,
    [join(__dirname, "commandProcess.js"), command, stack, JSON.stringify(scene.place)],
    scene,
  );
}

/** Starts `pulumi up --stack <stack>`, with the program in a separate process. */
export function rawUp(scene: Scene, stack: string): Rival {
  return start("pulumi", ["up", "--yes", "--non-interactive", "--stack", stack], scene);
}

function start(program: string, words: readonly string[], { place }: Scene): Rival {
  const began = Date.now();
  const child = spawn(program, words, {
    cwd: place.workDir,
    env: { ...process.env, ...place.environment, PULUMI_SKIP_UPDATE_CHECK: "true" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let text = "";
  let toldAfterMs: number | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (toldAfterMs === undefined && text.includes(refused)) toldAfterMs = Date.now() - began;
    });
  }
  return {
    child,
    printed: () => text,
    async saysWithin(wanted, withinMs) {
      await until(async () => (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text)), withinMs).catch(
        () => {
          throw new Error(`it did not say ${wanted}:\n${text}`);
        },
      );
      return Date.now() - began;
    },
    ended: once(child, "close").then(([code]) => ({
      code: code as number | null,
      tookMs: Date.now() - began,
      printed: text,
      toldAfterMs,
    })),
  };
}

/** Kills a rival's process group with SIGKILL. */
export function killGroup({ child }: Rival): void {
  process.kill(-(child.pid as number), "SIGKILL");
}
