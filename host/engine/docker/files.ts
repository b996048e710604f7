import type Docker from "dockerode";
import { posix } from "node:path";
import { text } from "node:stream/consumers";
import { extract, pack, type Header } from "tar-stream";
import { unlessMissing, waitingPath } from "../engine";

/** Reads a file from a container, running or not. Undefined when it does not exist. */
export async function readFile(container: Docker.Container, path: string): Promise<string | undefined> {
  return (await contentsOf(container, path)) ?? ((await contentsOf(container, waitingPath(path))) || undefined);
}

async function contentsOf(container: Docker.Container, path: string): Promise<string | undefined> {
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
    const name = posix.relative(posix.basename(folder), entry.header.name);
    if (entry.header.type === "file" && !isSpare(name)) names.push(name);
    entry.resume();
  }
  return names;
}

/** Returns the path at which a file's new contents are written, so that they may be half of it. Pure. */
function unfinishedPath(path: string): string {
  return `${path}.part`;
}

/** True for a name that only the replacing of a file uses. Pure. */
function isSpare(name: string): boolean {
  return [waitingPath, unfinishedPath].some((spare) => name.endsWith(spare("")));
}

/**
 * Writes a file into a container, running or not, whole or not at all. An existing file keeps its owner and mode, so
 * that its writer can write it again.
 *
 * The engine extracts an archive entry by entry, and replaces a file by removing it and writing another one: a full disk,
 * or the end of this process or of the engine, would leave none or a part. So the contents go to a name that nobody
 * reads, and become the file by hard links, which the engine makes in no time (moby's archive.go, `Unpack` and
 * `createTarFile`; a link's target counts from the folder the archive is extracted into, and a link sets the owner of
 * its target). Only between the removal of the file and its link is there none; by then the first link has the new
 * contents, and is read instead. In the end both names get an empty file: an archive can remove none, a file that is
 * removed by hand must not come back by its other name, and kamal-proxy writes its state in place, through every link.
 *
 * The engine does not sync the disk. A machine that loses power within the next half minute may have a file that is
 * empty or cut short, so whoever reads one has to recognise that.
 */
export async function writeFile(container: Docker.Container, path: string, contents: string): Promise<void> {
  const { mode = 0o644, uid = 0, gid = 0 } = (await headerOf(container, path)) ?? {};
  const [name, waiting, unfinished] = [path, waitingPath(path), unfinishedPath(path)].map((one) => posix.basename(one));
  const own = { mode, uid, gid };
  const tar = pack();
  tar.entry({ ...own, name: unfinished }, contents);
  for (const link of [waiting, name]) tar.entry({ ...own, name: link, type: "link", linkname: unfinished });
  for (const spare of [waiting, unfinished]) tar.entry({ ...own, name: spare }, "");
  tar.finalize();
  await container.putArchive(tar as unknown as NodeJS.ReadableStream, { path: posix.dirname(path) });
}

/** Returns the header of a file as it is read; undefined when it does not exist. */
async function headerOf(container: Docker.Container, path: string): Promise<Header | undefined> {
  return (await headerAt(container, path)) ?? (await headerAt(container, waitingPath(path)));
}

async function headerAt(container: Docker.Container, path: string): Promise<Header | undefined> {
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
