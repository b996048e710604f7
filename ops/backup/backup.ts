import { listBackups } from "../../host/backup/folder";
import { makeBackup } from "../../host/backup/make";
import { originOf } from "../../host/backup/manifest";
import { newestGood, verify } from "../../host/backup/restore/restore";
import { readIdentity, withServer } from "../../host/backup/server";
import { Progress } from "../../util/progress/progress";
import type { Context } from "../context";
import { withInstallLock } from "./installLock";
import { contentsText } from "./show";
import { sizeText } from "../../util/sizeText";

/** Makes a backup now, while Scani goes on serving and writing. @param base name of the base stack */
export async function backup(context: Context, base: string): Promise<void> {
  const { report } = context;
  await withInstallLock(context, "backup", base, async ({ engine, install, plan, folder, database }, signal) => {
    const made = await new Progress(report).step("back up the database", () =>
      makeBackup(engine, { install, database, folder, kept: plan.kept, why: "asked for" }, signal),
    );
    report(`${made.file}: ${sizeText(made.bytes)}, ${contentsText(made)}, in ${folder}`);
  });
}

/**
 * Restores the newest good backup into a scratch database, compares its row counts with the manifest's, and drops it.
 */
export async function verifyNewest(context: Context, base: string): Promise<void> {
  const { report } = context;
  await withInstallLock(
    context,
    "verification of a backup",
    base,
    async ({ engine, install, stacks, folder, database }, signal) => {
      const identity = await withServer(engine, database, readIdentity);
      const backups = await listBackups({ folder, install, base: stacks.base });
      const newest = newestGood(backups.filter(({ manifest }) => manifest && originOf(manifest, identity) !== "other"));
      report(`Verifying ${newest.file}`);
      const manifest = await verify(engine, database, newest, new Progress(report), signal);
      report(`${newest.file} is good: ${contentsText(manifest)}, all as they were at ${manifest.at}`);
    },
  );
}
