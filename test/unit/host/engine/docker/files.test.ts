import type Docker from "dockerode";
import { posix } from "node:path";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { fileNames, readFile, writeFile } from "../../../../../host/engine/docker/files";
import { EngineError } from "../../../../../host/engine/engine";

/** A file's contents, owner and mode, whatever names it has. */
interface Inode {
  contents: string;
  uid: number;
  gid: number;
  mode: number;
}

/** A folder: which file each name stands for. */
type Folder = Map<string, Inode>;

/** Point at which an extraction ends early: when so many bytes have come, or after so many steps. */
interface End {
  readonly bytes?: number;
  readonly steps?: number;
}

const text = (block: Buffer, at: number, length: number): string =>
  block
    .subarray(at, at + length)
    .toString()
    .replace(/\0.*/, "");
const octal = (block: Buffer, at: number, length: number): number => parseInt(text(block, at, length), 8);

/** Does what moby's `Unpack` and `createTarFile` do, a step at a time; ends with an error where bytes are missing. */
function* extract(folder: Folder, tar: Buffer): Generator<void> {
  for (let at = 0; ;) {
    const header = tar.subarray(at, at + 512);
    if (header.length < 512) throw new EngineError(500, "unexpected EOF");
    if (header.every((byte) => byte === 0)) return;
    const [name, type] = [text(header, 0, 100), text(header, 156, 1)];
    const [mode, uid, gid, size] = [
      octal(header, 100, 8),
      octal(header, 108, 8),
      octal(header, 116, 8),
      octal(header, 124, 12),
    ];
    at += 512;
    folder.delete(name);
    yield;
    const target = type === "1" ? folder.get(text(header, 157, 100)) : { contents: "", uid: 0, gid: 0, mode: 0o644 };
    if (target === undefined) throw new EngineError(500, "link: no such file or directory");
    folder.set(name, target);
    yield;
    const body = tar.subarray(at, at + size);
    for (const end of type === "1" ? [] : [size / 2, size]) {
      target.contents = body.subarray(0, end).toString();
      yield;
    }
    if (body.length < size) throw new EngineError(500, "unexpected EOF");
    Object.assign(target, { uid, gid, mode });
    yield;
    at += Math.ceil(size / 512) * 512;
  }
}

/** Volume of a container, at /state. */
class Volume {
  readonly files: Folder = new Map();
  /** End of the next extraction; undefined where it is whole. */
  end: End | undefined;
  /** Length of the last extraction that was whole. */
  bytes = 0;
  steps = 0;

  get container(): Docker.Container {
    return this as unknown as Docker.Container;
  }

  getArchive({ path }: { readonly path: string }): Promise<NodeJS.ReadableStream> {
    const names = path === "/state" ? [...this.files.keys()] : [posix.basename(path)];
    const tar = pack();
    for (const name of names) {
      const inode = this.files.get(name);
      if (inode === undefined) return Promise.reject(new EngineError(404, "no such file"));
      const { contents, ...header } = inode;
      tar.entry({ ...header, name: path === "/state" ? `state/${name}` : name }, contents);
    }
    tar.finalize();
    return Promise.resolve(tar as unknown as NodeJS.ReadableStream);
  }

  async putArchive(stream: NodeJS.ReadableStream): Promise<void> {
    const tar = await buffer(stream);
    const { bytes = tar.length, steps = Infinity } = this.end ?? {};
    let made = 0;
    const extraction = extract(this.files, tar.subarray(0, bytes));
    while (extraction.next().done !== true) if (++made > steps) throw new EngineError(500, "the engine was killed");
    [this.bytes, this.steps] = [tar.length, made];
  }
}

const path = "/state/record.json";
const before: Inode = { contents: "before", uid: 999, gid: 998, mode: 0o600 };
/** Longer than a block of an archive. */
const after = "after".repeat(200);

/** Returns a volume with the file, or without it. */
function volumeWith(there: boolean): Volume {
  const volume = new Volume();
  if (there) volume.files.set("record.json", { ...before });
  return volume;
}

/** Lists every point at which the writing of the file can end early. */
async function ends(there: boolean): Promise<End[]> {
  const volume = volumeWith(there);
  await writeFile(volume.container, path, after);
  return [
    ...Array.from({ length: volume.steps }, (_, steps) => ({ steps })),
    ...Array.from({ length: Math.ceil(volume.bytes / 128) }, (_, index) => ({ bytes: index * 128 })),
  ];
}

test.each([true, false])(
  "a file that is there (%s) is as before or as after, wherever its writing ends",
  async (there) => {
    const all = await ends(there);
    expect(all.length).toBeGreaterThan(20);
    const read = new Set<string | undefined>();
    for (const end of all) {
      const volume = volumeWith(there);
      volume.end = end;
      // Before the end of an archive there is nothing left to do.
      await writeFile(volume.container, path, after).catch(() => undefined);
      read.add(await readFile(volume.container, path));
      volume.end = undefined;
      await writeFile(volume.container, path, "again");
      expect(await readFile(volume.container, path)).toBe("again");
      const { uid, gid, mode } = there ? before : { uid: 0, gid: 0, mode: 0o644 };
      expect(volume.files.get("record.json")).toEqual({ contents: "again", uid, gid, mode });
    }
    expect([...read].sort()).toEqual([after, there ? before.contents : undefined]);
  },
);

test("between two writings the file has one name, so that what writes it in place or removes it is done", async () => {
  const volume = volumeWith(true);
  for (const contents of ["one", "two"]) {
    await writeFile(volume.container, path, contents);
    expect(await readFile(volume.container, path)).toBe(contents);
  }
  const own = volume.files.get("record.json") as Inode;
  expect([...volume.files].filter(([, inode]) => inode === own)).toHaveLength(1);
  own.contents = "in place";
  expect(await readFile(volume.container, path)).toBe("in place");
  expect(await fileNames(volume.container, "/state")).toEqual(["record.json"]);
  volume.files.delete("record.json");
  expect(await readFile(volume.container, path)).toBeUndefined();
});
