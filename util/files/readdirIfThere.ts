import { readdirSync } from "node:fs";

/**
 * Lists the names in a folder; empty where there is none, or where it may not be read.
 * @param recursive also those in folders below, by their path from the folder
 */
export function readdirIfThere(folder: string, { recursive = false } = {}): string[] {
  try {
    return readdirSync(folder, { recursive }).map(String);
  } catch {
    return [];
  }
}
