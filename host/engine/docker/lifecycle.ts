import type Docker from "dockerode";
import { once } from "node:events";
import { Readable } from "node:stream";
import { demultiplexed } from "./attached";
import { EngineError, isConflict, isNotFound, statusOf, unlessMissing, type Removal } from "../engine";

/** Docker's status for a request that changes nothing. */
const unchanged = 304;

/**
 * Starts a container, or unpauses it; leaves a running one alone. Docker counts a container it is about to restart as
 * running, and waits longer after each crash, up to a minute: such a container is started at once.
 */
export async function start(docker: Docker, id: string): Promise<void> {
  const container = docker.getContainer(id);
  try {
    await container.start();
  } catch (error) {
    if (statusOf(error) === unchanged) {
      if (!(await container.inspect()).State.Restarting) return;
      await stop(docker, id);
      await container.start().catch(unlessUnchanged);
      return;
    }
    // Docker refuses to start a paused container, and only its message says that it is paused.
    const paused = isConflict(error) && (await container.inspect()).State.Paused;
    if (!paused) throw error;
    await container.unpause();
  }
}

/**
 * Stops a container gently; does nothing if it is stopped or gone.
 * @param withinSeconds until the engine kills it; by default the container's own stop timeout
 */
export async function stop(docker: Docker, id: string, withinSeconds?: number): Promise<void> {
  await docker
    .getContainer(id)
    .stop(withinSeconds === undefined ? {} : { t: withinSeconds })
    .catch((error: unknown) => {
      if (!isNotFound(error)) unlessUnchanged(error);
    });
}

/**
 * Restarts a container gently; starts a stopped one. Docker goes on with it when whoever asked is gone. Source: moby,
 * daemon/restart.go.
 */
export async function restart(docker: Docker, id: string): Promise<void> {
  await docker.getContainer(id).restart();
}

function unlessUnchanged(error: unknown): void {
  if (statusOf(error) !== unchanged) throw error;
}

/** Milliseconds a removal that is already in progress may take. */
const removalLimit = 60_000;

/** Answer of Docker's to a wait for the removal of a container. */
interface Removed {
  /** Why the removal has failed. */
  readonly Error?: { readonly Message: string } | null;
}

/**
 * Removes a container, running or not, and its anonymous volumes, unless told otherwise. Waits where the engine is
 * already removing it, because its networks cannot be removed before. Does nothing if it is gone.
 * @param limit milliseconds for that wait
 * @throws the engine's refusal of a running container, without force; EngineError where the removal in progress fails
 * or does not end
 */
export async function remove(
  container: Docker.Container,
  { force = true, volumes = true }: Removal = {},
  limit = removalLimit,
): Promise<void> {
  try {
    await container.remove({ force, v: volumes });
  } catch (error) {
    if (isNotFound(error)) return;
    if (!isConflict(error)) throw error;
    // A conflict is a removal in progress or, without force, a running container, for which the wait would never end.
    if (!force && (await stateOf(container))?.Running === true) throw error;
    const failure = await removalFailure(container, limit);
    // Docker answers the wait for a removal that has failed too; the container is dead then, and keeps its name.
    const left = await stateOf(container);
    if (left !== undefined && (failure !== undefined || left.Dead))
      throw new EngineError(409, failure ?? "it is dead: its removal has failed");
  }
}

/** Waits for the end of a removal. @returns why it failed, or that it did not end */
async function removalFailure(container: Docker.Container, limit: number): Promise<string | undefined> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), limit);
  const aborted = once(late.signal, "abort").then(() => `it is still being removed after ${limit / 1000} s`);
  try {
    const removed = container
      .wait({ condition: "removed", abortSignal: late.signal })
      .then((answer: Removed | undefined) => answer?.Error?.Message, unlessMissing)
      .then((message) => (message === undefined ? undefined : `it is dead: ${message}`));
    removed.catch(() => undefined);
    return await Promise.race([aborted, removed]);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a container's state; undefined for one that is gone. */
async function stateOf(container: Docker.Container): Promise<Docker.ContainerInspectInfo["State"] | undefined> {
  return (await container.inspect().catch(unlessMissing))?.State;
}

/** Returns the last lines of a container's log, both streams. Empty for one that never ran. */
export async function lastLines(docker: Docker, id: string, count: number): Promise<string[]> {
  const container = docker.getContainer(id);
  const raw = await container.logs({ stdout: true, stderr: true, tail: count, follow: false });
  return (await textOf(raw)).split("\n").filter((line) => line !== "");
}

/** Returns everything a container has logged since a moment (epoch seconds, fractions allowed). */
export async function logSince(docker: Docker, id: string, since: number): Promise<string> {
  return textOf(await docker.getContainer(id).logs({ stdout: true, stderr: true, since, follow: false }));
}

/** Returns both streams of a log, in the order they came. */
async function textOf(log: Buffer): Promise<string> {
  const pieces: Buffer[] = [];
  const keep = (piece: Buffer): void => {
    pieces.push(piece);
  };
  for await (const piece of demultiplexed(Readable.from([log]), keep)) keep(piece);
  return Buffer.concat(pieces).toString("utf8");
}
