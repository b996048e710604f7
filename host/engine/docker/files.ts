import type Docker from "dockerode";
import { posix } from "node:path";
import { text } from "node:stream/consumers";
import { extract, pack, type Header } from "tar-stream";
import { unlessMissing } from "../engine";

/** Reads a file from a container, running or not. Undefined when it does not exist. */
export async function readFile(container: Docker.Container, path: string): Promise<string | undefined> {
  const archive = await archiveOf(container, path);
  if (archive === undefined) return undefined;
  const untar = extract();
  archive.pipe(untar);
  let found: string | undefined;
  for await (const entry of untar) found = await text(entry);
  return found;
}

/** Returns the names of a folder's files in a container, running or not, relative to it. Empty without the folder. */
export async function fileNames(container: Docker.Container, folder: string): Promise<string[]> {
  const archive = await archiveOf(container, folder);
  if (archive === undefined) return [];
  const untar = extract();
  archive.pipe(untar);
  const names: string[] = [];
  for await (const entry of untar) {
    if (entry.header.type === "file") names.push(posix.relative(posix.basename(folder), entry.header.name));
    entry.resume();
  }
  return names;
}

/**
 * Writes a file into the volume of a container, running or not; whole or not at all, as far as the engine allows. An
 * existing file keeps its owner and mode, so that its writer can write it again.
 */
export async function writeFile(container: Docker.Container, path: string, contents: string): Promise<void> {
  const { mode = 0o644, uid = 0, gid = 0 } = (await headerOf(container, path)) ?? {};
  const tar = pack();
  tar.entry({ name: posix.basename(path), mode, uid, gid }, contents);
  tar.finalize();
  await container.putArchive(tar as unknown as NodeJS.ReadableStream, { path: posix.dirname(path) });
}

async function headerOf(container: Docker.Container, path: string): Promise<Header | undefined> {
  const archive = await archiveOf(container, path);
  if (archive === undefined) return undefined;
  const untar = extract();
  archive.pipe(untar);
  let header: Header | undefined;
  for await (const entry of untar) {
    header = entry.header;
    entry.resume();
  }
  return header;
}

async function archiveOf(container: Docker.Container, path: string): Promise<NodeJS.ReadableStream | undefined> {
  return container.getArchive({ path }).catch(unlessMissing);
}
