import type { Stack } from "@pulumi/pulumi/automation";
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { kindOf } from "../../host/install/names/stacks";
import { settingsFile } from "../../stacks/stackNames";
import { reportToStderr } from "../../util/progress/progress";
import type { Context } from "../context";
import { besidePulumi } from "./besidePulumi";
import { pulumiEnvironment } from "./environment";
import { setsNothing } from "./lostSettings";
import { changeOnCopy } from "./onCopy";
import { pulumiCommand } from "./pulumiCommand";
import { withStack } from "./workspace";

/** Name of the program on PATH. */
const name = "pulumi";

/** Words after `config` that change settings, with Pulumi's other names of them. */
const changing = ["set", "set-all", "rm", "remove", "delete", "rm-all", "remove-all", "delete-all"];

/**
 * Returns the stack of this module whose settings Pulumi's words change; undefined where they change none, name no such
 * stack, or say themselves in which file. Pure.
 */
export function stackToSet([command, what = "", ...rest]: readonly string[]): string | undefined {
  if (command !== "config" || !changing.includes(what)) return undefined;
  const options = {
    stack: { type: "string", short: "s" },
    cwd: { type: "string", short: "C" },
    "config-file": { type: "string" },
  } as const;
  const { stack, ...elsewhere } = parseArgs({ args: rest, options, strict: false, allowPositionals: true }).values;
  if (elsewhere.cwd !== undefined || elsewhere["config-file"] !== undefined) return undefined;
  return typeof stack === "string" && kindOf(stack) !== undefined ? stack : undefined;
}

/** Returns Pulumi's words that change settings, made to change them in this file. Pure. */
export function setIn(file: string, [command, what, ...rest]: readonly string[]): string[] {
  // Before the rest, in which `--` may end the options.
  return [command, what, "--config-file", file, ...rest];
}

/**
 * Creates a missing stack whose settings are about to be changed: a preview that names the command leaves none behind,
 * and Pulumi would refuse. Creating it here also gives it the salt of the others and its tier.
 */
async function makeMissing(context: Context, stack: string): Promise<void> {
  const onMade = (): void => context.report(`Made the stack ${stack}, which was not there.`);
  // The tier is no secret, so reading it needs no passphrase. A stack that has lost its settings with it is there.
  const isThere = async (named: Stack): Promise<void> => {
    if (!setsNothing(context.project.folder, stack)) await named.getConfig("scani:tier");
  };
  await withStack(context, stack, isThere, { onMade });
}

/**
 * Runs Pulumi itself in the project, with the project's state and passphrase, on this process's own terminal.
 * @param words Pulumi's command and arguments
 * @returns its exit code
 */
export async function runPulumi(context: Context, words: readonly string[]): Promise<number> {
  const { project } = context;
  // Do not report where it was found: that would be in the way of what Pulumi prints.
  const { command } = await pulumiCommand({ project, report: () => undefined });
  const env = pulumiEnvironment(project, reportToStderr);
  const stack = stackToSet(words);
  const run = (all: readonly string[]): Promise<number> =>
    besidePulumi((interrupt) => {
      const child = spawn(command, all, { argv0: name, cwd: project.folder, env, stdio: "inherit" });
      interrupt.addEventListener("abort", () => child.kill("SIGINT"));
      return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => resolve(code ?? 1));
      });
    });
  if (stack === undefined) return run(words);
  await makeMissing({ ...context, report: reportToStderr }, stack);
  let code = 1;
  await changeOnCopy(settingsFile(project.folder, stack), async (copy) => {
    code = await run(setIn(copy, words));
    return code === 0;
  });
  return code;
}
