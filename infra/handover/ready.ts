import type Docker from "dockerode";
import { setTimeout as pause } from "node:timers/promises";
import { exec } from "../engine/exec";
import { lastLines } from "../engine/lifecycle";
import { HandoverFailure } from "./failure";
import type { LiveContainer } from "./live";
import type { Progress } from "./progress";

/** Milliseconds between two looks at something that is not ready yet. */
const lookAgain = 150;

/** Lines of a failed container's log that are shown. */
const shownLines = 20;

/**
 * Waits until a container's own health command exits 0. Runs it itself: Docker's schedule is made for steady state, and
 * would add its whole interval to every start.
 * @throws HandoverFailure with the end of its log when it stops, or is not ready in time
 */
export async function untilReady(docker: Docker, target: LiveContainer, timeoutSeconds: number, progress: Progress): Promise<void> {
  const container = docker.getContainer(target.id);
  const deadline = Date.now() + timeoutSeconds * 1000;
  let reason = "its first answer";
  for (;;) {
    const { State: state, Config: config, RestartCount: restarts } = await container.inspect();
    if (!state.Running || restarts > 0) {
      throw await failed(docker, target, restarts > 0 ? `crashed and was restarted ${restarts}×` : `stopped with exit code ${state.ExitCode}`);
    }
    const answer = await exec(container, command(config.Healthcheck?.Test)).catch((error: Error) => ({ exitCode: -1, output: error.message }));
    if (answer.exitCode === 0) return;
    reason = answer.output.replace(/\s+/g, " ").slice(0, 300) || reason;
    if (Date.now() > deadline) throw await failed(docker, target, `was not ready within ${timeoutSeconds} s: ${reason}`);
    progress.waiting(`${target.service}: ${reason}`);
    await pause(lookAgain);
  }
}

/** A failure that carries the last lines the container logged. */
export async function failed(docker: Docker, target: LiveContainer, what: string): Promise<HandoverFailure> {
  const tail = await lastLines(docker, target.id, shownLines).catch(() => []);
  return new HandoverFailure(`${target.tier} ${target.service} ${what} (container ${target.name})`, tail);
}

function command(test: string[] | undefined): string[] {
  const [kind, ...words] = test ?? [];
  if (kind === "CMD-SHELL") return ["sh", "-c", words[0] ?? "true"];
  if (kind === "CMD") return words;
  throw new Error("a container was waited for that declares no health check");
}
