import { removeSettingCommand, removeVariableCommand, unsetCommand } from "../util/commands";
import type { Origin } from "./sources";
import { settingNamed, type SettingName } from "./table";

/** Returns the commands that take a value back from where it was given; none where nobody gave it. Pure. */
export function withdrawCommands(setting: SettingName, origin: Origin | undefined, stack: string): string[] {
  const { variable } = settingNamed(setting);
  switch (origin) {
    case "the shell's environment":
      return [unsetCommand(variable)];
    case ".env":
      return [removeVariableCommand(variable)];
    case "Pulumi config":
      return [removeSettingCommand(setting, stack)];
    default:
      return [];
  }
}

/** Renders a setting as the subject of a sentence, with where its value comes from. Pure. */
export function settingFrom(setting: SettingName, origin: Origin | undefined): string {
  return origin === undefined || origin === "generated" ? setting : `${setting} (from ${origin})`;
}
