import "../../infra/lightStart";
import type Docker from "dockerode";
import { LocalWorkspace, StackNotFoundError } from "@pulumi/pulumi/automation";
import { databaseFor, folderOf, type BackupPlan } from "../../infra/backup/plan";
import type { Database } from "../../infra/backup/server";
import type { Platform, Sockets } from "../../infra/base/platform";
import { connect } from "../../infra/engine/connect";
import { lookUp, operatorSources, settingNamed } from "../../infra/settings";
import { missingBase } from "../../stacks/missingBase";
import { pulumiCommand } from "../pulumiCommand";
import { projectName } from "../root";
import type { Place } from "../place";
import { environmentFor } from "../workspace";

/** An install whose database is backed up or restored. */
export interface Target {
  readonly docker: Docker;
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
  const workspace = await LocalWorkspace.create({ workDir: place.workDir, envVars: environmentFor(place, say), pulumiCommand: await pulumiCommand(say) });
  const isolated = place.environment.SCANI_ISOLATED === "true";
  const missing = new Error(`${missingBase}: stack ${base} has not been brought up, so there is nothing to back up or restore.\n  type: npm run up -- ${base}`);
  const [outputs, config] = await Promise.all([workspace.stackOutputs(base), workspace.getAllConfig(base)])
    .catch((error: unknown) => { throw error instanceof StackNotFoundError ? missing : error; });
  const sockets = outputs.sockets?.value as Sockets | undefined;
  if (sockets?.backups === undefined) throw missing;
  const host = lookUp(settingNamed("dockerHost"), {
    config: (name) => config[`${projectName}:${name}`]?.value,
    ...operatorSources(place.workDir, isolated),
  })?.value;
  const { install, gateway, backups: plan } = sockets;
  const database = await databaseFor(install, plan, async () => (outputs.platform?.value as Platform).databaseUrl);
  return { docker: connect(host), install, gateway, plan, folder: folderOf(plan, place.workDir), database };
}
