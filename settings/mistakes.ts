import { setCommand as spell } from "../util/commands";
import { OperatorError, type Problem } from "../util/operatorError";
import type { GivenOrigin } from "./sources";
import { settingNamed, type SettingName } from "./table";
import { withdrawCommands } from "./withdraw";

/** One thing wrong with the settings. */
export interface Mistake extends Problem {
  /** Name of the setting, with which `what` begins. */
  readonly setting: string;
}

/**
 * Spells the command that sets a setting for this stack. Secrets are asked for, so they stay out of the shell's
 * history.
 * @param value the value to set; without it an example
 */
export function setCommand(name: SettingName, stack: string, value?: string): string {
  const { secret, file, example } = settingNamed(name);
  if (secret) return spell(name, stack, { secret });
  return spell(name, stack, file === undefined || value !== undefined ? { value: value ?? example } : { file });
}

/** Returns the command that takes a given value back. */
export function removal(name: SettingName, origin: GivenOrigin, stack: string): Pick<Problem, "type"> {
  const [type] = withdrawCommands(name, origin, stack);
  return { type };
}

/** Error that is thrown once, with all mistakes; its message is for the operator as it is. */
export class SettingsError extends OperatorError {
  constructor(
    readonly mistakes: readonly Mistake[],
    stack: string,
  ) {
    const count = mistakes.length === 1 ? "1 setting is" : `${mistakes.length} settings are`;
    super(mistakes, {}, `${count} wrong for stack ${stack}; nothing has been touched.`);
    this.name = "SettingsError";
  }
}
