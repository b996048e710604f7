import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { readBackup, type Backup } from "../../host/backup/folder";
import { restore as putBack } from "../../host/backup/restore";
import { isUp, routedRelease, type ReleaseContainer } from "../../host/install/facts";
import { readFacts } from "../../host/install/readFacts";
import { pendingMigrations } from "../../host/scani/migrations/pending";
import { Progress } from "../../util/progress/progress";
import type { Service } from "../../host/install/services";
import { backupsCommand, restoreCommand, upCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import type { Context } from "../context";
import { typedIn } from "../project";
import { withInstallLock } from "./installLock";
import { contentsText } from "./show";
import type { Target } from "./target";

/** How a restore is asked for. */
export interface RestoreOptions {
  /** Do it although a release runs: it loses its connections at the exchange. */
  readonly whileServing?: boolean;
}

/**
 * Puts a backup in the place of the database in use, which is kept under another name.
 * @param file path of a dump, or its name in the folder of the backups
 * @throws OperatorError; the database in use has not been touched then
 */
export async function restore(context: Context, base: string, file: string, options: RestoreOptions): Promise<void> {
  await withInstallLock(context, "restore", base, (target) => restoreOn(context, target, file, options));
}

async function restoreOn(
  { project, report }: Context,
  target: Target,
  file: string,
  options: RestoreOptions,
): Promise<void> {
  const backup = await backupNamed(file, typedIn(project.environment, process.cwd()), target.folder);
  const refuseWhileRunning = async () => {
    if (options.whileServing !== true) await refuse(target, file);
  };
  await refuseWhileRunning();
  const { manifest, kept, dropCommand } = await putBack(
    target.engine,
    target.database,
    backup,
    new Progress(report),
    refuseWhileRunning,
  );
  report(`The database is as it was at ${manifest.at}: ${contentsText(manifest)}.`);
  if (manifest.install !== target.install)
    report(
      `It was taken from the install ${manifest.install}: stored credentials can be read only with that one's ENCRYPTION_KEY.`,
    );
  report(`What was there before is kept as ${kept}. When you no longer need it:\n  type: ${dropCommand}`);
  for (const line of await missingMigrations(target)) report(line);
}

/** A dump by its path from the folder the command was typed in, or by its name in the folder of the backups. */
async function backupNamed(file: string, here: string, folder: string): Promise<Backup> {
  const candidates = [resolve(here, file), join(folder, file)];
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path === undefined)
    throw new OperatorError({
      what: `There is no file ${file}, neither here nor in ${folder}.`,
      type: backupsCommand(),
    });
  return readBackup(path, basename(path));
}

/** Services that read or write the database. */
const users: readonly Service[] = ["migrate", "data-provider", "api", "worker"];

async function runningUsers({ engine, install, gateway }: Target): Promise<ReleaseContainer[]> {
  const { containers } = await readFacts(engine, { name: install, gateway });
  return containers.filter((container) => isUp(container) && users.includes(container.service));
}

/** @throws OperatorError when a release runs */
async function refuse(target: Target, file: string): Promise<void> {
  const running = await runningUsers(target);
  if (running.length === 0) return;
  throw new OperatorError({
    what: `${running.map(({ title }) => title).join(", ")} ${running.length === 1 ? "runs" : "run"} on this database: restoring now would discard what they wrote since the backup. Nothing has been touched.`,
    why: "Stop them, restore, and bring their tier up again; or restore while they run, their connections cut at the exchange.",
    type: [
      `docker stop ${running.map(({ name }) => name).join(" ")}   and this again, then ${upCommand(running[0]?.tier ?? "tier1")}`,
      restoreCommand(file, "--while-serving"),
    ],
  });
}

/** Says what the release that serves now lacks. The next `up` would not: to it, that release serves already. */
async function missingMigrations(target: Target): Promise<string[]> {
  const live = await readFacts(target.engine, { name: target.install, gateway: target.gateway });
  const now = routedRelease(live);
  const migrate = live.containers.find(
    ({ service, release, tier }) => service === "migrate" && release === now?.release && tier === now.tier,
  );
  if (now === undefined || migrate === undefined) return [];
  const pending = (await pendingMigrations(target.engine, { name: target.install }, migrate.id)) ?? [];
  if (pending.length === 0) return [];
  return [
    `The restored schema is older than ${now.tier}'s release, which lacks ${pending.join(", ")} now. To bring it up to date:\n  type: docker start -a ${migrate.name}`,
    `or go back to the release that fits it (${upCommand(now.tier === "tier1" ? "tier2" : "tier1")}).`,
  ];
}
