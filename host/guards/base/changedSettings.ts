import { howToSet, settingNamed, withdrawCommands } from "../../../settings";
import type { Problem } from "../../../util/operatorError";
import { replaceable, type BaseSetting } from "../../install/services/bundled";
import { variableIn } from "../../install/services/environment";
import type { BaseNow } from "./baseNow";
import { from, setBack, tiersOf, type DeclaredBase } from "./baseRefusals";

/** A setting that base hands to releases. */
interface Handed {
  /** What whoever uses Scani notices of another value, as the end of a sentence. */
  readonly notice: string;
  /**
   * Whether another value than a release has is a change; without it always is.
   * @param isGiven whether somebody gives the other one
   */
  readonly counts?: (was: string, isGiven: boolean, declared: DeclaredBase) => boolean;
}

const hostOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).hostname : undefined);

/** Settings whose other value is noticed, by name; a release's variables are called like them. */
const handed: Readonly<Partial<Record<BaseSetting, Handed>>> = {
  FRONTEND_URL: {
    notice: "nobody can sign in there any more",
    // Which is what base derives.
    counts: (was, isGiven) => isGiven || hostOf(was) !== "localhost",
  },
  // Derived from what is given otherwise.
  BACKEND_URL: { notice: "links in mails lead elsewhere", counts: (_was, isGiven) => isGiven },
  S3_PUBLIC_ENDPOINT: { notice: "browsers upload elsewhere", counts: (_was, isGiven) => isGiven },
  COOKIE_DOMAIN: { notice: "everybody has to sign in again" },
  BETTER_AUTH_SECRET: { notice: "everybody is signed out" },
  VAPID_PRIVATE_KEY: { notice: "every subscription to notifications ends" },
  SMTP_URL: {
    notice: "no mail leaves by it any more",
    // Base's own in somebody else's place is a service that goes, which `baseRefusals` says.
    counts: (was, _isGiven, { settings }) =>
      hostOf(was) !== replaceable.mail.host && settings.FASTMAIL_API_TOKEN?.value === undefined,
  },
};

/** Settings `changedSettings` looks at. */
export const handedSettings = Object.keys(handed) as readonly BaseSetting[];

/** What base would hand to the next release, and one that runs has otherwise. */
export interface ChangedSettings {
  /** Most likely nobody means it: the value is the shell's own, or one that was given is not any more. */
  readonly refused: readonly Problem[];
  /** The operator wrote it down. */
  readonly said: readonly Problem[];
}

/** Compares base's settings with those of releases in use. Pure. */
export function changedSettings(declared: DeclaredBase, now: BaseNow): ChangedSettings {
  const refused: Problem[] = [];
  const said: Problem[] = [];
  for (const [setting, { notice, counts }] of Object.entries(handed) as [BaseSetting, Handed][]) {
    const { value, origin } = declared.settings[setting] ?? {};
    const isGiven = value !== undefined && origin !== "generated";
    const was = now.releases
      .map(({ environment }) => variableIn(environment, setting))
      .find((one) => one !== undefined && one !== value);
    if (was === undefined || counts?.(was, isGiven, declared) === false) continue;
    const secret = settingNamed(setting).secret === true;
    const is = !isGiven ? "is not given any more" : secret ? "differs" : `is ${value}`;
    const what = `${from(declared, setting)} ${is}, and ${tiersOf(now)} runs with ${secret ? "another" : was}: with the next switch ${notice}.`;
    if (isGiven && origin !== "the shell's environment") said.push({ what });
    else
      refused.push({
        what,
        why: `If this is meant, ${howToSet("trustSettings")}.`,
        type: isGiven ? withdrawCommands(setting, origin, declared.stack) : setBack(declared, setting, was),
      });
  }
  return { refused, said };
}

/** What the operator is told above what is refused. Pure. */
export function changedSettingsHeading(now: BaseNow): string {
  return `These settings are not those ${tiersOf(now)} runs with. Nothing has been touched.`;
}
