import { readFileSync } from "node:fs";
import { listFile } from "../commands";
import { OperatorError } from "../operatorError";

/**
 * Reads the text of an operator's file; undefined where it does not exist.
 * @throws OperatorError that names a file which may not be read
 */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new OperatorError({ what: `${path} cannot be read (${code}).`, type: listFile(path) });
  }
}
