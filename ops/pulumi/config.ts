import type { ConfigMap } from "@pulumi/pulumi/automation";
import { settingNamed, type SettingName } from "../../settings";
import { kindOf, type StackKind } from "../../host/install/names/stacks";
import { StackFile } from "../../stacks/stackFile";
import type { Context } from "../context";
import { formerIn, replacedBy, type Former, type Values } from "./former";
import { changeSettings, type ConfigCommand } from "./onCopy";
import { settingsOf } from "./salt";
import { withStack } from "./workspace";

/** Returns Pulumi's name of a setting. */
const keyOf = (name: string): string => `scani:${name}`;

/** Pulumi's name of the former settings, which stay with the stack, encrypted as its secrets are. */
const formerKey = "scani-adopt:former";

/** Pulumi's name of the decision of a recovery that has not ended. */
const recoveringKey = "scani-adopt:recovering";

/**
 * Changes settings of a stack, all or none, secrets encrypted; a missing stack is created, and settings that have their
 * value already are left alone.
 * @param values undefined removes a setting
 */
export function setSettings(context: Context, stack: string, values: Values): Promise<void> {
  return onConfig(context, stack, (config) => config.set(values));
}

/** Changes settings as `setSettings` does, and keeps the former ones until they are put back or forgotten. */
export function replaceSettings(context: Context, stack: string, values: Values): Promise<void> {
  return onConfig(context, stack, async (config) => {
    await config.keep(replacedBy(values, (name) => config.valueOf(name), config.former()));
    await config.set(values);
  });
}

/** True while a stack keeps former settings. */
export function keepsFormer(folder: string, stack: string): boolean {
  return settingsOf(folder, stack).includes(formerKey);
}

/** Puts replaced settings back; those that did not exist before are removed. */
export async function putSettingsBack(context: Context, stack: string): Promise<void> {
  // Asking Pulumi would cost a start of it, and create a missing stack.
  if (!keepsFormer(context.project.folder, stack)) return;
  await onConfig(context, stack, async (config) => {
    const former = Object.entries(config.former());
    await config.set(Object.fromEntries(former.map(([name, value]) => [name, value ?? undefined])));
    await config.keep({});
  });
}

/** Forgets the former settings. */
export async function forgetFormer(context: Context, stack: string): Promise<void> {
  if (!keepsFormer(context.project.folder, stack)) return;
  await onConfig(context, stack, (config) => config.keep({}));
}

/** Decision of a recovery, made before it removes anything. */
export interface RecoveryNote {
  /** Stack it ends with: the tier, or base where there was no release. */
  readonly until: StackKind;
  /** When it was made, epoch milliseconds. */
  readonly at: number;
}

/** Reads the decision of a recovery that has begun to remove containers and has not ended; undefined without one. */
export function begunRecovery(folder: string, base: string): RecoveryNote | undefined {
  const [stack = "", at = ""] = (new StackFile(folder, base).text(recoveringKey) ?? "").split(" since ");
  const until = kindOf(stack);
  return until && { until, at: Date.parse(at) || 0 };
}

/** Writes down which stack a recovery ends with. What it is derived from goes with the containers. */
export function noteRecovery(context: Context, base: string, note: RecoveryNote | undefined): Promise<void> {
  const text = note && `${note.until} since ${new Date(note.at).toISOString()}`;
  return onConfig(context, base, (config) => config.note(recoveringKey, text));
}

function onConfig(context: Context, stack: string, work: (config: StackConfig) => Promise<void>): Promise<void> {
  return withStack(context, stack, (named) =>
    changeSettings(named, async (run) =>
      // Read through the SDK, which tells a missing stack from any other failure.
      work(new StackConfig(await named.getAllConfig(), run)),
    ),
  );
}

/** Settings of a stack as they were read, with Pulumi's command that changes them. */
class StackConfig {
  constructor(
    private readonly now: ConfigMap,
    private readonly run: ConfigCommand,
  ) {}

  /** Returns a setting's value; the project's default is empty, and counts as none. */
  valueOf(name: string): string | undefined {
    return this.now[keyOf(name)]?.value || undefined;
  }

  former(): Former {
    return formerIn(this.now[formerKey]?.value);
  }

  /** Keeps former settings, in place of those kept before. */
  async keep(former: Former): Promise<void> {
    const [was, is] = [this.now[formerKey]?.value, JSON.stringify(former)];
    if (Object.keys(former).length > 0) {
      if (was !== is) await this.run(["config", "set", "--secret", formerKey], is);
    } else if (was !== undefined) await this.run(["config", "rm", formerKey]);
  }

  /** Writes a note that is no setting, or removes it. */
  async note(key: string, text: string | undefined): Promise<void> {
    if (text !== undefined) await this.run(["config", "set", "--plaintext", key, text]);
    else if (this.now[key] !== undefined) await this.run(["config", "rm", key]);
  }

  async set(values: Values): Promise<void> {
    const plain: string[] = [];
    for (const [name, value] of Object.entries(values)) {
      const key = keyOf(name);
      if (this.valueOf(name) === value) continue;
      if (value === undefined) await this.run(["config", "rm", key]);
      else if (settingNamed(name as SettingName).secret === true)
        await this.run(["config", "set", "--secret", key], value);
      else plain.push("--plaintext", `${key}=${value}`);
    }
    // Set all at once: each start of Pulumi takes a third of a second.
    if (plain.length > 0) await this.run(["config", "set-all", ...plain]);
  }
}
