import { readdirSync } from "node:fs";

/** Lists the names in a folder; empty where there is none, or where it may not be read. */
export function readdirIfThere(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
