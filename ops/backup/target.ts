import type { Report } from "../../util/progress/progress";
import type { Engine } from "../../host/engine/engine";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import { databaseFor, folderOf } from "../../host/backup/plan";
import type { BackupPlan } from "../../host/install/backupPlan";
import type { Database } from "../../host/backup/server";
import { readPlatform, type Sockets } from "../../host/install/platform";
import { connect } from "../../host/engine/connect";
import { isSet, lookUp, operatorSources, settingNamed } from "../../settings";
import { missingBase } from "../../stacks/missingBase";
import { upCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
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
  /** Absolute path of the folder of its backups. */
  readonly folder: string;
  readonly database: Database;
}

/**
 * Reads the install of a base stack from the stack's outputs.
 * @throws OperatorError when base has not been brought up
 */
export async function openTarget(base: string, place: Place, report: Report): Promise<Target> {
  const outputs = await stackOutputs(base, place, report);
  const sockets = outputs?.sockets as Sockets | undefined;
  if (sockets?.backups === undefined) {
    throw new OperatorError({
      what: `${missingBase}: stack ${base} has not been brought up, so there is nothing to back up or restore.`,
      type: upCommand(base),
    });
  }
  const { config = {} } = await (
    await LocalWorkspace.create({ workDir: place.workDir, pulumiCommand: await pulumiCommand(report) })
  ).stackSettings(base);
  const host = lookUp(settingNamed("dockerHost"), {
    config: (name) => config[`${projectName}:${name}`] as string | undefined,
    ...operatorSources(place.workDir, isSet("isolated", place.environment), process.env),
  })?.value;
  const { install, gateway, backups: plan } = sockets;
  const database = await databaseFor(install, plan, async () => readPlatform(outputs?.platform).DATABASE_URL);
  return { engine: connect(host), install, gateway, plan, folder: folderOf(plan, place.workDir), database };
}
