import type { Stack } from "@pulumi/pulumi/automation";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { readIfThere } from "../../util/files/readIfThere";
import { writeWhole } from "../../util/files/writeWhole";
import { settingsFile } from "../../stacks/stackNames";
import { OperatorError } from "../../util/operatorError";
import { cliOf, runOnStack } from "./onStack";

/** Runs a Pulumi command that changes settings. @param input its standard input, for a secret */
export type ConfigCommand = (words: readonly string[], input?: string) => Promise<void>;

/**
 * Changes settings of a stack by any number of Pulumi's commands, all or none.
 * @throws OperatorError with Pulumi's words
 */
export function changeSettings(stack: Stack, work: (run: ConfigCommand) => Promise<void>): Promise<void> {
  const { name, workspace } = stack;
  return changeOnCopy(settingsFile(workspace.workDir, name), async (copy) => {
    await work(async (words, input) => {
      const { code, stderr } = await runOnStack(cliOf(stack), name, [...words, "--config-file", copy], input);
      if (code !== 0)
        throw new OperatorError({ what: `Pulumi does not change the settings of ${name}: ${stderr.trim()}` });
    });
    return true;
  });
}

/**
 * Has Pulumi change a stack's settings file on a copy of it, and takes the copy over as a whole. Pulumi empties a file
 * before it writes it, so a full disk or a kill would lose every setting, and it takes several commands for one change.
 * Source: pulumi/sdk/go/common/workspace/project.go, `save`.
 * @param change given the copy, for Pulumi's `--config-file`; true where it has succeeded, else the file stays as it is
 * @throws OperatorError where somebody else has changed the file meanwhile
 */
export async function changeOnCopy(file: string, change: (copy: string) => Promise<boolean>): Promise<void> {
  const before = readIfThere(file);
  const folder = mkdtempSync(join(tmpdir(), "scani-settings-"));
  try {
    // Pulumi goes by the ending of its name.
    const copy = join(folder, basename(file));
    if (before !== undefined) writeFileSync(copy, before);
    if (!(await change(copy))) return;
    const after = readIfThere(copy);
    if (after === undefined || after === before) return;
    if (readIfThere(file) !== before)
      throw new OperatorError({
        what: `${file} was changed by something else meanwhile, so it has been left as that made it.`,
        why: "Type the same again.",
      });
    writeWhole(file, after);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
