import { howToSet, setCommand, settingFrom, settingNamed, withdrawCommands } from "../../settings";
import type { Origin, SettingName } from "../../settings";
import type { Problem } from "../../util/operatorError";

/** A setting whose value differs from the one a release in use has. */
export interface ChangedSetting {
  readonly setting: SettingName;
  /** Absent where nobody gives it any more. */
  readonly value?: string;
  readonly origin?: Origin;
  /** Value the release has; absent where it has none. */
  readonly was?: string;
  /**
   * Effect that users of Scani notice, or that cannot be taken back, as the end of a sentence; absent where the next
   * `up` without the change takes it back whole.
   */
  readonly notice?: string;
  /** Reason to refuse it even where the operator wrote it down; absent where there is none. */
  readonly harm?: string;
}

/** Settings that differ from those of a release in use. */
export interface ChangedSettings {
  /**
   * Changes that most likely nobody means (the value is the shell's own, or is not given any more), or that do harm.
   */
  readonly refused: readonly Problem[];
  /** Changes the operator wrote down, or that can be taken back. */
  readonly said: readonly Problem[];
}

/**
 * Decides which changed settings are refused and which are only reported, of base's and of a tier's. Pure.
 * @param stack stack whose settings they are
 * @param tiers tiers of the releases in use, as the subject of a sentence
 */
export function changedSettings(changes: readonly ChangedSetting[], stack: string, tiers: string): ChangedSettings {
  const refused: Problem[] = [];
  const said: Problem[] = [];
  for (const change of changes) {
    const { setting, value, origin, was, notice, harm } = change;
    const what = `${describeChange(change, tiers)}${notice === undefined ? "." : `: with the next switch ${notice}.`}`;
    const isShells = origin === "the shell's environment";
    const type = isShells
      ? withdrawCommands(setting, origin, stack)
      : was === undefined
        ? []
        : [setCommand(setting, stack, was)];
    const isWritten = value !== undefined && (origin === ".env" || origin === "Pulumi config");
    const meant = `If this is meant, ${howToSet("trustSettings")}.`;
    if (isWritten && harm === undefined) said.push({ what });
    else if (notice !== undefined) refused.push({ what, why: harm === undefined ? meant : `${harm} ${meant}`, type });
    else
      said.push({ what, why: isShells ? "The next up without it in the environment takes it back." : undefined, type });
  }
  return { refused, said };
}

function describeChange({ setting, value, origin, was }: ChangedSetting, tiers: string): string {
  const { secret, file } = settingNamed(setting);
  // A certificate is no secret, but does not fit into a sentence.
  const isHidden = secret === true || file !== undefined;
  const given = !isHidden ? `is ${value}` : was === undefined ? "is given" : "differs";
  const is = value === undefined ? "is not given any more" : given;
  const runs = was === undefined ? "without it" : `with ${isHidden ? "another" : was}`;
  return `${settingFrom(setting, origin)} ${is}, and ${tiers} runs ${runs}`;
}

/** Returns the heading of refused settings. Pure. */
export function changedSettingsHeading(tiers: string): string {
  return `These settings are not those ${tiers} runs with. Nothing has been touched.`;
}
