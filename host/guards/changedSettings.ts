import { howToSet, setCommand, settingFrom, settingNamed, withdrawCommands } from "../../settings";
import type { Origin, SettingName } from "../../settings";
import type { Problem } from "../../util/operatorError";

/** A setting whose value is another than a release in use has. */
export interface ChangedSetting {
  readonly setting: SettingName;
  /** Absent where nobody gives it any more. */
  readonly value?: string;
  readonly origin?: Origin;
  /** Value the release has; absent where it has none. */
  readonly was?: string;
  /**
   * What whoever uses Scani notices, or what cannot be taken back, as the end of a sentence; absent where the next `up`
   * without the change takes it back whole.
   */
  readonly notice?: string;
  /** Why it is refused even where the operator wrote it down; absent where it need not be. */
  readonly harm?: string;
}

/** Settings that are other ones than a release in use has. */
export interface ChangedSettings {
  /** Most likely nobody means it (the value is the shell's own, or one that was given is not any more), or it does harm. */
  readonly refused: readonly Problem[];
  /** The operator wrote it down, or it can be taken back. */
  readonly said: readonly Problem[];
}

/**
 * Decides what is refused and what is said of changed settings, of base's and of a tier's. Pure.
 * @param stack whose settings they are
 * @param tiers those of the releases in use, as the subject of a sentence
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
  // A certificate is no secret, and no part of a sentence either.
  const isHidden = secret === true || file !== undefined;
  const given = !isHidden ? `is ${value}` : was === undefined ? "is given" : "differs";
  const is = value === undefined ? "is not given any more" : given;
  const runs = was === undefined ? "without it" : `with ${isHidden ? "another" : was}`;
  return `${settingFrom(setting, origin)} ${is}, and ${tiers} runs ${runs}`;
}

/** What the operator is told above what is refused. Pure. */
export function changedSettingsHeading(tiers: string): string {
  return `These settings are not those ${tiers} runs with. Nothing has been touched.`;
}
