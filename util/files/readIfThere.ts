import { readFileSync } from "node:fs";

/** Text of a file; empty where there is none, or none that may be read. */
export function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
