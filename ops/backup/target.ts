import type { Engine } from "../../host/engine/engine";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import { databaseFor, folderOf } from "../../host/backup/plan";
import type { BackupPlan } from "../../host/install/backupPlan";
import type { Database } from "../../host/backup/server";
import { readPlatform, type Sockets } from "../../host/install/platform";
import { connect } from "../../host/engine/connect";
import { isSet, lookUp, operatorSources, settingNamed } from "../../settings";
import { missingBase } from "../../stacks/missingBase";
import { pulumiCommand } from "../pulumi/pulumiCommand";
import { projectName } from "../root";
import type { Place } from "../place";
import { stackOutputs } from "../pulumi/stackOutputs";

/** An install whose database is backed up or restored. */
export interface Target {
  readonly engine: Engine;
  readonly install: string;
  /** Docker name of its gateway. */
  readonly gateway: string;
  readonly plan: BackupPlan;
  /** Whole path of the folder of its backups. */
  readonly folder: string;
  readonly database: Database;
}

/**
 * The install of a base stack, by what base has put on record.
 * @throws Error naming the command when base is not up
 */
export async function openTarget(base: string, place: Place, say: (line: string) => void): Promise<Target> {
  const outputs = await stackOutputs(base, place, say);
  const sockets = outputs?.sockets as Sockets | undefined;
  if (sockets?.backups === undefined) {
    throw new Error(
      `${missingBase}: stack ${base} has not been brought up, so there is nothing to back up or restore.\n  type: npm run up -- ${base}`,
    );
  }
  const { config = {} } = await (
    await LocalWorkspace.create({ workDir: place.workDir, pulumiCommand: await pulumiCommand(say) })
  ).stackSettings(base);
  const host = lookUp(settingNamed("dockerHost"), {
    config: (name) => config[`${projectName}:${name}`] as string | undefined,
    ...operatorSources(place.workDir, isSet("isolated", place.environment), process.env),
  })?.value;
  const { install, gateway, backups: plan } = sockets;
  const database = await databaseFor(install, plan, async () => readPlatform(outputs?.platform).DATABASE_URL);
  return { engine: connect(host), install, gateway, plan, folder: folderOf(plan, place.workDir), database };
}
