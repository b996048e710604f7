import { settingNamed, type Origin, type SettingName } from "../../settings";
import { removeSettingCommand, removeVariableCommand, unsetCommand } from "../../util/commands";

/** Commands that take a value back from where it was given; none where nobody gave it. Pure. */
export function withdrawCommands(setting: SettingName, origin: Origin | undefined, stack: string): string[] {
  switch (origin) {
    case "the shell's environment":
      return [unsetCommand(settingNamed(setting).variable)];
    case ".env":
      return [removeVariableCommand(settingNamed(setting).variable)];
    case "Pulumi config":
      return [removeSettingCommand(setting, stack)];
    default:
      return [];
  }
}
