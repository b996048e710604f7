import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder of one test, with programs in it. */
export interface Folder {
  readonly path: string;
  file(name: string, content: string): string;
  /** Writes an executable shell script. */
  program(name: string, script: string): string;
  remove(): void;
}

export function folder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "scani-setup-"));
  const write = (name: string, content: string, mode: number): string => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
    return file;
  };
  return {
    path,
    file: (name, content) => write(name, content, 0o644),
    program: (name, script) => write(name, `#!/bin/sh\n${script}\n`, 0o755),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
