import { readdirSync } from "node:fs";

/** Names in a folder; none where there is no folder, or none that may be read. */
export function readdirIfThere(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
