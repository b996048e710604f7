import { readFileSync } from "node:fs";

/** Reads a file's text; empty where there is none, or where it may not be read. */
export function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
