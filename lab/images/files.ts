import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** One file of a build context. */
export interface ContextFile {
  name: string;
  content: Buffer;
  mode: number;
}

/** Path of lab/images in the source tree, also if this runs compiled from bin/. */
export const sourceDir = join(packageRoot(__dirname), "lab", "images");

function packageRoot(start: string): string {
  if (existsSync(join(start, "package.json"))) return start;
  const parent = dirname(start);
  if (parent === start) throw new Error(`no package.json above ${__dirname}`);
  return packageRoot(parent);
}

/** Reads every file under lab/images/context/<name>, in a stable order. */
export function contextFiles(name: string): ContextFile[] {
  const root = join(sourceDir, "context", name);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({
      name: relative(root, path),
      content: readFileSync(path),
      mode: path.endsWith(".sh") ? 0o755 : 0o644,
    }));
}
