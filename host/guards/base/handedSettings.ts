import { replaceable, type BaseSetting } from "../../install/services/bundled";
import { variableIn } from "../../install/services/environment";
import { hostOf } from "../../../util/host";
import type { ChangedSetting } from "../changedSettings";
import type { BaseNow } from "./baseNow";
import type { DeclaredBase } from "./baseRefusals";

/** A setting that base hands to releases. */
interface Handed {
  /** What whoever uses Scani notices of another value, as the end of a sentence. */
  readonly notice: string;
  /**
   * Whether another value than a release has is a change; without it always is.
   * @param isGiven whether somebody gives the other one
   */
  readonly counts?: (was: string, isGiven: boolean, declared: DeclaredBase, now: BaseNow) => boolean;
  /** Why it is refused also where the operator wrote it down; undefined where it need not be. */
  readonly harm?: (now: BaseNow) => string | undefined;
}

/** An address as it is compared. */
const addressOf = (url: string): string => (URL.canParse(url) ? new URL(url).href.replace(/\/$/, "") : url);

/** Whether files of releases in use are in a bucket of somebody else's, and go on to be. */
function keepsFilesElsewhere({ settings }: DeclaredBase, { releases }: BaseNow): boolean {
  const { storage } = replaceable;
  const are = releases.flatMap(({ environment }) => variableIn(environment, storage.variable) ?? []);
  return settings.S3_ENDPOINT?.value !== undefined && are.every((url) => hostOf(url) !== storage.host);
}

/** A release of tier 1 has its files carried from its own bucket to the next one's. */
const movedBucket: Pick<Handed, "notice" | "harm"> = {
  notice: "files are carried there, unless carryFiles is no",
  harm: ({ releases }) =>
    releases.some(({ tier }) => tier === "tier2")
      ? "What a switch to tier 2 has left in the old bucket is not carried then: bring tier 1 up first where there is any."
      : undefined,
};

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
  S3_ENDPOINT: {
    ...movedBucket,
    counts: (was, _isGiven, declared, now) =>
      keepsFilesElsewhere(declared, now) && addressOf(was) !== addressOf(declared.settings.S3_ENDPOINT?.value ?? ""),
  },
  S3_BUCKET: { ...movedBucket, counts: (_was, _isGiven, declared, now) => keepsFilesElsewhere(declared, now) },
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

/** Settings `handedChanges` looks at. */
export const handedSettings = Object.keys(handed) as readonly BaseSetting[];

/** What base would hand to the next release, and one in use has otherwise. Pure. */
export function handedChanges(declared: DeclaredBase, now: BaseNow): ChangedSetting[] {
  return (Object.entries(handed) as [BaseSetting, Handed][]).flatMap(([setting, { notice, counts, harm }]) => {
    const { value, origin } = declared.settings[setting] ?? {};
    const isGiven = value !== undefined && origin !== "generated" && origin !== "its default";
    const was = now.releases
      .map(({ environment }) => variableIn(environment, setting))
      .find((one) => one !== undefined && one !== value);
    if (was === undefined || counts?.(was, isGiven, declared, now) === false) return [];
    return [{ setting, notice, was, harm: harm?.(now), ...(isGiven ? { value, origin } : {}) }];
  });
}
