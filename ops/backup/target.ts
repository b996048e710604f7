import type { Engine } from "../../host/engine/engine";
import { databaseFor, folderOf } from "../../host/backup/plan";
import type { BackupPlan } from "../../host/install/data/backupPlan";
import type { Database } from "../../host/backup/server";
import { readPlatform, type BaseOutputs } from "../../host/install/platform";
import type { StackNames } from "../../host/install/names/stacks";
import { upCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import type { Context } from "../context";
import { stackNamesOn } from "../project";
import { stackOutputs } from "../pulumi/stackOutputs";

/** An install whose database is backed up or restored. */
export interface Target {
  readonly engine: Engine;
  readonly install: string;
  readonly stacks: StackNames;
  /** Docker name of its gateway. */
  readonly gateway: string;
  readonly plan: BackupPlan;
  /** Absolute path of the folder of its backups. */
  readonly folder: string;
  readonly database: Database;
  readonly encryptionKey: string;
}

/**
 * Reads the install of a base stack from the stack's outputs.
 * @throws OperatorError when base has not been brought up
 */
export async function openTarget(context: Context, base: string): Promise<Target> {
  const outputs = await stackOutputs(context, base);
  const baseOutputs = outputs?.sockets as BaseOutputs | undefined;
  if (baseOutputs?.backups === undefined) {
    throw new OperatorError({
      what: `There is no base yet: stack ${base} has not been brought up, so there is nothing to back up or restore.`,
      type: upCommand(base),
    });
  }
  const { install, gateway, backups: plan } = baseOutputs;
  const stacks = stackNamesOn(context.project, base);
  const platform = readPlatform(outputs?.platform);
  const database = await databaseFor(install, { plan, stacks }, async () => platform.DATABASE_URL);
  const engine = await context.engine(base);
  const folder = folderOf(plan, context.project.folder);
  return { engine, install, stacks, gateway, plan, folder, database, encryptionKey: platform.ENCRYPTION_KEY };
}
