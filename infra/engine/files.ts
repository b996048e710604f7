import type Docker from "dockerode";
import { posix } from "node:path";
import { text } from "node:stream/consumers";
import { extract, pack } from "tar-stream";

/** Reads a file from a container, running or not. Undefined when there is none. */
export async function readFile(container: Docker.Container, path: string): Promise<string | undefined> {
  let archive: NodeJS.ReadableStream;
  try {
    archive = await container.getArchive({ path });
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
  const untar = extract();
  archive.pipe(untar);
  let found: string | undefined;
  for await (const entry of untar) found = await text(entry);
  return found;
}

/** Writes a file into a container's volume, whole or not at all as far as the engine allows. Running or not. */
export async function writeFile(container: Docker.Container, path: string, contents: string): Promise<void> {
  const tar = pack();
  tar.entry({ name: posix.basename(path), mode: 0o644 }, contents);
  tar.finalize();
  await container.putArchive(tar as unknown as NodeJS.ReadableStream, { path: posix.dirname(path) });
}
