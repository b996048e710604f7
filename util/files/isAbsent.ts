import { statSync } from "node:fs";

/** True where this machine has nothing at a path. What is in a folder that may not be looked into counts as there. */
export function isAbsent(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOTDIR";
  }
}
