import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Finds the path of a program as a shell would; undefined where there is none.
 * @param path folders, as in PATH
 * @param except folders to skip
 */
export function which(program: string, path: string | undefined, except: readonly string[] = []): string | undefined {
  const folders = (path ?? "").split(delimiter).filter((folder) => folder !== "" && !except.includes(folder));
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
