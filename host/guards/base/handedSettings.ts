import { replaceable, type BaseSetting } from "../../install/services/bundled";
import { variableIn } from "../../install/services/environment";
import { hostOf } from "../../../util/host";
import type { ChangedSetting } from "../changedSettings";
import type { BaseNow } from "./baseNow";
import type { DeclaredBase } from "./baseRefusals";

/** Effects of a setting that base hands to releases. */
interface Handed {
  /** Effect of another value that users of Scani notice, as the end of a sentence. */
  readonly notice: string;
  /** Setting whose place it takes: given where a release has only that one, it is a change too. */
  readonly insteadOf?: BaseSetting;
  /**
   * Returns true if another value than a release has is a change; without it, it always is.
   * @param isGiven true if somebody gives the other one
   */
  readonly counts?: (was: string, isGiven: boolean, declared: DeclaredBase, now: BaseNow) => boolean;
  /** Returns why it is refused also where the operator wrote it down; undefined where it need not be. */
  readonly harm?: (now: BaseNow) => string | undefined;
}

/** Returns an address in the form in which it is compared. */
const addressOf = (url: string): string => (URL.canParse(url) ? new URL(url).href.replace(/\/$/, "") : url);

/** True where files of releases in use are in somebody else's bucket, and will go on to be. */
function keepsFilesElsewhere({ settings }: DeclaredBase, { releases }: BaseNow): boolean {
  const { storage } = replaceable;
  const are = releases.flatMap(({ environment }) => variableIn(environment, storage.variable) ?? []);
  return settings.S3_ENDPOINT?.value !== undefined && are.every((url) => hostOf(url) !== storage.host);
}

/** Effects of another bucket: a release of tier 1 has its files carried from its own to the next one's. */
const movedBucket: Pick<Handed, "notice" | "harm"> = {
  notice: "files are carried there, unless carryFiles is no",
  harm: ({ releases }) =>
    releases.some(({ tier }) => tier === "tier2")
      ? "What a switch to tier 2 has left in the old bucket is not carried then: bring tier 1 up first where there is any."
      : undefined,
};

/** Settings whose change users notice, by name; a release's variables have the same names. */
const handed: Readonly<Partial<Record<BaseSetting, Handed>>> = {
  FRONTEND_URL: {
    notice: "nobody can sign in there any more",
    // `localhost` is what base derives where nobody gives a host.
    counts: (was, isGiven) => isGiven || hostOf(was) !== "localhost",
  },
  // The next two are derived from other settings where nobody gives them.
  BACKEND_URL: { notice: "links in mails lead elsewhere", counts: (_was, isGiven) => isGiven },
  S3_PUBLIC_ENDPOINT: { notice: "browsers upload elsewhere", counts: (_was, isGiven) => isGiven },
  S3_ENDPOINT: {
    ...movedBucket,
    counts: (was, _isGiven, declared, now) =>
      keepsFilesElsewhere(declared, now) && addressOf(was) !== addressOf(declared.settings.S3_ENDPOINT?.value ?? ""),
  },
  S3_BUCKET: { ...movedBucket, counts: (_was, _isGiven, declared, now) => keepsFilesElsewhere(declared, now) },
  COOKIE_DOMAIN: { notice: "everybody has to sign in again" },
  BETTER_AUTH_SECRET: { notice: "everybody is signed out" },
  VAPID_PRIVATE_KEY: { notice: "every subscription to notifications ends" },
  // Scani has one mail transport: where the other takes its place, the change is reported of that one.
  SMTP_URL: {
    notice: "mails leave another way",
    insteadOf: "FASTMAIL_API_TOKEN",
    counts: (was, isGiven, { settings }) =>
      isGiven || (hostOf(was) !== replaceable.mail.host && settings.FASTMAIL_API_TOKEN?.value === undefined),
  },
  FASTMAIL_API_TOKEN: {
    notice: "mails leave another way",
    insteadOf: "SMTP_URL",
    counts: (_was, isGiven, { settings }) => isGiven || settings.SMTP_URL?.value === undefined,
  },
  SMTP_FROM: { notice: "mails come from another address" },
};

/** Settings that `handedChanges` compares. */
export const handedSettings = Object.keys(handed) as readonly BaseSetting[];

/** Returns settings that base would hand to the next release with another value than a release in use has. Pure. */
export function handedChanges(declared: DeclaredBase, now: BaseNow): ChangedSetting[] {
  return (Object.entries(handed) as [BaseSetting, Handed][]).flatMap(
    ([setting, { notice, insteadOf, counts, harm }]) => {
      const { value, origin } = declared.settings[setting] ?? {};
      const isGiven = value !== undefined && origin !== "generated" && origin !== "its default";
      const valuesOf = (name: BaseSetting): string[] =>
        now.releases.flatMap(({ environment }) => variableIn(environment, name) ?? []);
      const all = valuesOf(setting);
      const was = all.find((one) => one !== value);
      const isNew = isGiven && all.length === 0 && insteadOf !== undefined && valuesOf(insteadOf).length > 0;
      if (!isNew && (was === undefined || counts?.(was, isGiven, declared, now) === false)) return [];
      return [{ setting, notice, was, harm: harm?.(now), ...(isGiven ? { value, origin } : {}) }];
    },
  );
}
