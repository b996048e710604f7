import type Docker from "dockerode";
import type { Removal } from "./engine";

function statusCode(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}

/** Starts a container, or lets one that is paused go on; one that runs already is left alone. */
export async function start(docker: Docker, id: string): Promise<void> {
  const container = docker.getContainer(id);
  try {
    await container.start();
  } catch (error) {
    if (statusCode(error) === 304) return;
    // Docker refuses to start a paused container, in words only.
    const paused = statusCode(error) === 409 && (await container.inspect()).State.Paused;
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
      if (![304, 404].includes(statusCode(error) ?? 0)) throw error;
    });
}

/**
 * Removes a container, running or not, and its anonymous volumes, unless told otherwise. Waits where the engine is
 * already removing it, because its networks cannot be removed before. Does nothing if it is gone.
 */
export async function remove(
  container: Docker.Container,
  { force = true, volumes = true }: Removal = {},
): Promise<void> {
  const unless =
    (...codes: number[]) =>
    (error: unknown) => {
      const code = statusCode(error);
      if (!codes.includes(code ?? 0)) throw error;
      return code;
    };
  const refused = await container.remove({ force, v: volumes }).then(() => undefined, unless(404, 409));
  // Without force the conflict may be a running container, which would be waited for without end.
  if (refused === 409 && force) await container.wait({ condition: "removed" }).catch(unless(404));
}

/** The last lines of a container's log, both streams. Empty for one that never ran. */
export async function lastLines(docker: Docker, id: string, count: number): Promise<string[]> {
  const container = docker.getContainer(id);
  const raw = await container.logs({ stdout: true, stderr: true, tail: count, follow: false });
  return demultiplex(raw)
    .split("\n")
    .filter((line) => line !== "");
}

/** Everything a container has logged since a moment (epoch seconds, fractions allowed). */
export async function logSince(docker: Docker, id: string, since: number): Promise<string> {
  return demultiplex(await docker.getContainer(id).logs({ stdout: true, stderr: true, since, follow: false }));
}

/** Strips the 8-byte frame headers Docker puts before each chunk of a log without a terminal. */
export function demultiplex(raw: Buffer): string {
  const parts: string[] = [];
  let at = 0;
  while (at + 8 <= raw.length) {
    const length = raw.readUInt32BE(at + 4);
    parts.push(raw.toString("utf8", at + 8, at + 8 + length));
    at += 8 + length;
  }
  return parts.join("");
}
