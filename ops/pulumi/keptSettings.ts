import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { readdirIfThere } from "../../util/files/readdirIfThere";
import { readIfThere } from "../../util/files/readIfThere";
import { writeWhole } from "../../util/files/writeWhole";
import { livesSince } from "../../util/process/lives";
import type { Report } from "../../util/progress/progress";

/** Name of a copy of a stack's settings, with the process that keeps it while Pulumi writes into the file itself. */
const keptName = /^(Pulumi\..+\.yaml)\.(\d+)\.kept$/;

/**
 * Keeps a copy of a stack's settings beside them while Pulumi creates the stack: it writes the salt into the file
 * itself, which it empties before. What fails leaves the settings as they were.
 */
export async function keepingSettings<T>(file: string, work: () => Promise<T>): Promise<T> {
  const text = readIfThere(file) ?? "";
  if (text.trim() === "") return work();
  const kept = `${file}.${process.pid}.kept`;
  writeWhole(kept, text, { mode: 0o600 });
  try {
    return await work();
  } catch (error) {
    if (readIfThere(file) !== text) writeWhole(file, text);
    throw error;
  } finally {
    rmSync(kept, { force: true });
  }
}

/** Puts settings back which a killed command has kept, where Pulumi has left their file empty. */
export function putKeptBack(folder: string, report: Report): void {
  for (const name of readdirIfThere(folder)) {
    const [, settings, pid] = keptName.exec(name) ?? [];
    if (settings === undefined) continue;
    const [kept, file] = [join(folder, name), join(folder, settings)];
    const found = statSync(kept, { throwIfNoEntry: false });
    if (found === undefined || livesSince(Number(pid), found.mtimeMs)) continue;
    if ((readIfThere(file) ?? "").trim() === "") {
      writeWhole(file, readIfThere(kept) ?? "");
      report(`A killed run of Pulumi left ${file} empty: its settings have been put back.`);
    }
    rmSync(kept, { force: true });
  }
}
