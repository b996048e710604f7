import { listBackups } from "../../host/backup/folder";
import { makeBackup } from "../../host/backup/make";
import { sizeText } from "../../host/backup/manifest";
import { newestGood, verify } from "../../host/backup/restore";
import { Progress } from "../../util/progress/progress";
import { home, type Place } from "../place";
import { withInstallLock } from "./installLock";
import { contentsText } from "./show";

type Say = (line: string) => void;

/** Makes a backup now. Scani goes on serving and writing. */
export async function backup(
  base: string,
  say: Say,
  place: Place = home,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  await withInstallLock("backup", base, place, say, async ({ engine, install, plan, folder, database }) => {
    const made = await new Progress(say).step("back up the database", () =>
      makeBackup(engine, { install, database, folder, kept: plan.kept, why: "asked for" }, signal),
    );
    say(`${made.file}: ${sizeText(made.bytes)}, ${contentsText(made)}, in ${folder}`);
  });
}

/**
 * Restores the newest good backup beside the database in use, compares it with what was counted when it was taken, and
 * drops it.
 */
export async function verifyNewest(base: string, say: Say, place: Place = home): Promise<void> {
  await withInstallLock("verification of a backup", base, place, say, async ({ engine, install, folder, database }) => {
    const newest = newestGood(await listBackups(folder, install));
    say(`Verifying ${newest.file}`);
    const manifest = await verify(engine, database, newest, new Progress(say));
    say(`${newest.file} is good: ${contentsText(manifest)}, all as they were at ${manifest.at}`);
  });
}
