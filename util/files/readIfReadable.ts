import { readFileSync } from "node:fs";

/** Reads a file's text; empty where there is none, or where it may not be read: another user's, or a process's that ended. */
export function readIfReadable(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
