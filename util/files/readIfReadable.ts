import { readFileSync } from "node:fs";

/** Reads a file's text; empty where it does not exist or cannot be read, as another user's or an ended process's. */
export function readIfReadable(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
