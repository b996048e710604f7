import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { settingNamed, type SettingName } from "../../settings";
import { OperatorError } from "../../util/operatorError";
import type { Context } from "../context";
import { withStack } from "./workspace";

/** Pulumi's name of a setting. */
const keyOf = (name: string): string => `scani:${name}`;

/**
 * Changes settings of a stack, secrets encrypted; a stack that is not there is made. What is so already is left alone.
 * @param values undefined takes a setting out
 */
export async function setSettings(
  context: Context,
  stack: string,
  values: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  await withStack(context, stack, async (named) => {
    const { workspace } = named;
    const run = async (words: readonly string[], input?: string): Promise<void> => {
      const child = spawn(workspace.pulumiCommand.command, [...words, "--stack", stack, "--non-interactive"], {
        cwd: workspace.workDir,
        env: { ...process.env, ...workspace.envVars },
      });
      // Over standard input, so that no process list shows a secret.
      child.stdin.on("error", () => undefined).end(input);
      child.stdout.resume();
      const [[code], errors] = await Promise.all([once(child, "close") as Promise<[number]>, text(child.stderr)]);
      if (code === 0) return;
      throw new OperatorError({ what: `Pulumi does not change the settings of ${stack}: ${errors.trim()}` });
    };
    // Through the SDK, which tells a stack that is not there from any other failure.
    const now = await named.getAllConfig();
    const plain: string[] = [];
    for (const [name, value] of Object.entries(values)) {
      const key = keyOf(name);
      // A default of the project's is empty, and counts as none.
      if ((now[key]?.value || undefined) === value) continue;
      if (value === undefined) await run(["config", "rm", key]);
      else if (settingNamed(name as SettingName).secret === true) await run(["config", "set", "--secret", key], value);
      else plain.push("--plaintext", `${key}=${value}`);
    }
    // All at once: each start of Pulumi takes a third of a second.
    if (plain.length > 0) await run(["config", "set-all", ...plain]);
  });
}
