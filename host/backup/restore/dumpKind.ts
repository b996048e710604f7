import { open, stat } from "node:fs/promises";
import { listFile } from "../../../util/commands";
import { OperatorError, messageOf } from "../../../util/operatorError";

/** Kind of a file, as far as a restore has to know: an archive can be read by pg_restore from a pipe. */
export type DumpKind = "archive" | "gzip" | "plain SQL" | "folder" | "something else";

/** Number of bytes that tell the kinds apart: a tar file's own mark is in its first block. */
const headBytes = 512;

/** Names the kind of a file by its beginning. Pure. */
function kindOfBytes(head: Buffer): Exclude<DumpKind, "folder"> {
  const begins = (mark: string) => head.subarray(0, mark.length).equals(Buffer.from(mark, "latin1"));
  if (begins("PGDMP") || (begins("toc.dat") && head.subarray(257, 262).toString("latin1") === "ustar"))
    return "archive";
  if (begins("\x1f\x8b")) return "gzip";
  // SQL is text, which holds no other control characters.
  return head.length > 0 && head.every((byte) => byte >= 0x20 || [0x09, 0x0a, 0x0c, 0x0d].includes(byte))
    ? "plain SQL"
    : "something else";
}

/** Reads the kind of a file or folder. @throws OperatorError when it cannot be read */
export async function readDumpKind(path: string): Promise<DumpKind> {
  try {
    if ((await stat(path)).isDirectory()) return "folder";
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return kindOfBytes(buffer.subarray(0, bytesRead));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new OperatorError({ what: `${path} cannot be read: ${messageOf(error)}`, type: listFile(path) });
  }
}
