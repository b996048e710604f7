import { randomBytes } from "node:crypto";
import { chmodSync } from "node:fs";
import { join, resolve } from "node:path";
import { stacksIn } from "../../stacks/stackNames";
import { readIfThere } from "../../util/files/readIfThere";
import { writeWhole } from "../../util/files/writeWhole";
import { unsetCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import type { Report } from "../../util/progress/progress";
import { saltOf, settingsOf } from "./salt";

/**
 * Returns the environment that gives Pulumi the passphrase its secrets are encrypted with. Where the operator set none,
 * a file in the project's folder holds one, made at the first use, readable by its owner only and ignored by git.
 * @param report called once, when the file is made
 * @throws OperatorError when the passphrase is empty, or the file that holds it is gone or may not be read
 */
export function passphraseEnvironment(
  folder: string,
  environment: NodeJS.ProcessEnv,
  report: Report,
): Record<string, string> {
  const { PULUMI_CONFIG_PASSPHRASE: given, PULUMI_CONFIG_PASSPHRASE_FILE: named } = environment;
  if (given === "") throw emptyPassphrase("PULUMI_CONFIG_PASSPHRASE");
  if (given !== undefined) return {};
  if (named !== undefined) {
    refuseBadFile(named, resolve(folder, named));
    return {};
  }
  const file = join(folder, ".passphrase");
  const kept = readIfThere(file);
  // An empty one, as a full disk may leave it, has encrypted nothing where no stack is encrypted.
  if (kept === undefined || kept.trim() === "") {
    refuseLost(folder);
    makePassphrase(file, kept === undefined, report);
  }
  return { PULUMI_CONFIG_PASSPHRASE_FILE: file };
}

/** @param isNew false where an empty one is replaced */
function makePassphrase(file: string, isNew: boolean, report: Report): void {
  try {
    if (!isNew) chmodSync(file, 0o600);
    writeWhole(file, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, exclusive: isNew });
  } catch (error) {
    // Another command has made one at the same moment: that one counts.
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw error;
  }
  report(
    "Made .passphrase, which encrypts the secrets in the state. Keep a copy: without it the state cannot be read.",
  );
}

function emptyPassphrase(where: string): OperatorError {
  return new OperatorError({
    what: `${where} is empty: anybody who has the state could read its secrets.`,
    why: "Give it a passphrase, or none at all: then this module makes one and keeps it in .passphrase.",
    ...(where.startsWith("PULUMI_") ? { type: unsetCommand(where) } : {}),
  });
}

function refuseBadFile(named: string, file: string): void {
  if (named === "") throw emptyPassphrase("PULUMI_CONFIG_PASSPHRASE_FILE");
  const passphrase = readIfThere(file);
  if (passphrase === undefined)
    throw new OperatorError({
      what: `There is no file ${named}, in which PULUMI_CONFIG_PASSPHRASE_FILE says the passphrase is.`,
      why: "Put it back from your copy: without it the secrets in the state cannot be read.",
    });
  if (passphrase.trim() === "") throw emptyPassphrase(file);
}

/** Refuses to make a new passphrase where stacks are encrypted with a former one that is gone. */
function refuseLost(folder: string): void {
  const encrypted = stacksIn(folder).filter((stack) => saltOf(settingsOf(folder, stack)) !== undefined);
  if (encrypted.length === 0) return;
  throw new OperatorError({
    what: `There is no passphrase here: PULUMI_CONFIG_PASSPHRASE is not set, and ${join(folder, ".passphrase")} is not there or empty. The secrets of ${encrypted.join(", ")} are encrypted with one.`,
    why: [
      "Set PULUMI_CONFIG_PASSPHRASE if you chose one yourself. If this module made it, put .passphrase back from your copy, or name the copy in PULUMI_CONFIG_PASSPHRASE_FILE.",
      "Where no copy is left: the containers go on serving, and their secrets are in their environment, which docker inspect shows.",
    ].join("\n"),
  });
}
