import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../../../ops/root";
import { until } from "../traffic";

/** A rehearsal in a separate process. */
export interface Run {
  readonly child: ChildProcess;
  /** Returns its output so far. */
  said(): string;
  /** Resolves once it has printed a text; rejects when it ends earlier. */
  says(text: RegExp): Promise<void>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; json: string }>;
}

/**
 * Runs `npm run rehearse -- --json`, as a person would.
 * @param folder for its installs, in place of the system's temporary folder
 */
export function rehearsal(folder: string, words: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Run {
  // Give it a separate process group, as a shell does: Ctrl-C goes to all of it.
  const child = spawn(process.execPath, [join(root, "bin", "lab", "cli.js"), "rehearse", "--json", ...words], {
    detached: true,
    env: { ...process.env, TMPDIR: folder, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [said, json] = ["", ""];
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stdout.on("data", (chunk: Buffer) => {
    json += chunk.toString();
  });
  // Do not wait for `close`: a process that outlives a killed one may hold its output open.
  const over = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    child,
    said: () => said,
    says: async (text) => {
      await until(async () => text.test(said) || child.exitCode !== null || child.signalCode !== null, 300_000);
      if (!text.test(said)) throw new Error(`it ended without saying ${text}:\n${said}`);
    },
    ended: over.then(([code, signal]) => ({ code, signal, json })),
  };
}
