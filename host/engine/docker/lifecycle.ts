import type Docker from "dockerode";
import { Readable } from "node:stream";
import { demultiplexed } from "./attached";
import { isConflict, isNotFound, statusOf, unlessMissing, type Removal } from "../engine";

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

function unlessUnchanged(error: unknown): void {
  if (statusOf(error) !== unchanged) throw error;
}

/**
 * Removes a container, running or not, and its anonymous volumes, unless told otherwise. Waits where the engine is
 * already removing it, because its networks cannot be removed before. Does nothing if it is gone.
 * @throws the engine's refusal of a running container, without force
 */
export async function remove(
  container: Docker.Container,
  { force = true, volumes = true }: Removal = {},
): Promise<void> {
  try {
    await container.remove({ force, v: volumes });
  } catch (error) {
    if (isNotFound(error)) return;
    if (!isConflict(error)) throw error;
    // A conflict is a removal in progress or, without force, a running container, for which the wait would never end.
    if (!force && (await runs(container))) throw error;
    await container.wait({ condition: "removed" }).catch(unlessMissing);
  }
}

/** True for a container that runs; false too for one that is gone. */
async function runs(container: Docker.Container): Promise<boolean> {
  try {
    return (await container.inspect()).State.Running;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
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
