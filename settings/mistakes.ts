import { settingNamed, type SettingName } from "./table";

/** One thing wrong with the settings. */
export interface Mistake {
  /** The setting's name. */
  readonly setting: string;
  /** What is wrong, without the value of a secret. */
  readonly problem: string;
  /** What to type. */
  readonly fix: string;
}

/**
 * The command that sets a setting for this stack. Secrets are asked for, so they stay out of the shell's history.
 * @param value what to set it to; without it an example
 */
export function setCommand(name: SettingName, stack: string, value?: string): string {
  const setting = settingNamed(name);
  const words = value ?? setting.example;
  return setting.secret
    ? `pulumi config set --secret ${setting.name} --stack ${stack}`
    : `pulumi config set ${setting.name} ${/[\s'"$*]/.test(words) ? JSON.stringify(words) : words} --stack ${stack}`;
}

/** Every mistake at once, one paragraph each. */
export function explain(mistakes: readonly Mistake[], stack: string): string {
  const count = mistakes.length === 1 ? "1 setting is" : `${mistakes.length} settings are`;
  const lines = mistakes.map(({ setting, problem, fix }) => `  ${setting} ${problem}\n    type: ${fix}`);
  return [`${count} wrong for stack ${stack}; nothing has been touched.`, ...lines].join("\n");
}

/** Thrown once, with all mistakes; its message is for the operator as it is. */
export class SettingsError extends Error {
  constructor(
    readonly mistakes: readonly Mistake[],
    stack: string,
  ) {
    super(explain(mistakes, stack));
    this.name = "SettingsError";
  }
}
