import * as pulumi from "@pulumi/pulumi";
import type { Evidence } from "../host/guards/data/evidence";
import { dataRefusalHeading, dataRefusals, type Intent } from "../host/guards/data/dataRefusals";
import { baseRefusalHeading, baseRefusals, type DeclaredBase } from "../host/guards/base/baseRefusals";
import type { BaseNow } from "../host/guards/base/baseNow";
import { changedSettings, changedSettingsHeading, type ChangedSetting } from "../host/guards/changedSettings";
import { tiersOf, type ReleaseInUse } from "../host/guards/inUse";
import { renderProblem, renderProblems, type Problem } from "../util/operatorError";
import { missingProblem, type MissingImage } from "../host/preflight/images";
import { howToSet, isSet } from "../settings";
import { OperatorRunError } from "./operatorError";

/**
 * Goes on only when the stack fits the data that is there.
 * @throws operator's error with every reason at once
 */
export async function refuseUnlessFit(evidence: Evidence, intent: Omit<Intent, "trustSettings">): Promise<void> {
  refuse(dataRefusalHeading, await dataRefusals(evidence, { ...intent, trustSettings: isSet("trustSettings") }));
}

/** Says what the guards could not ask, and what they did instead. */
export async function sayUnread({ unread, managed }: Evidence): Promise<void> {
  if (unread === undefined) return;
  await pulumi.log.info(
    renderProblem({
      what: `${managed?.database} at ${managed?.address} could not be asked whether ENCRYPTION_KEY fits its credentials, nor which cluster it is of: the key is compared with that of the api that runs, the database by its address.`,
      why: unread,
    }),
  );
}

/**
 * Goes on only when every image is there or can be pulled.
 * @param type what the operator may type to name others
 * @throws operator's error with every one that is missing
 */
export function refuseMissing(missing: readonly MissingImage[], type: readonly string[]): void {
  if (missing.length > 0) throw new OperatorRunError(missingProblem(missing, type));
}

/**
 * Goes on only when base takes nothing from under a release that is in use, or the operator has said that it may.
 * @throws operator's error with every reason at once
 */
export function refuseDowntime(declared: DeclaredBase, now: BaseNow): void {
  const problems = isSet("allowDowntime") ? [] : baseRefusals(declared, now);
  if (problems.length > 0)
    throw new OperatorRunError(
      `${renderProblems(baseRefusalHeading(now), problems)}\n  Or, to take Scani down on purpose, ${howToSet("allowDowntime")}.`,
    );
}

/**
 * Says which settings are other ones than a release in use has.
 * @param releases those in use
 * @throws operator's error where most likely nobody means it, unless the operator has said that the settings are right
 */
export async function refuseChanged(
  changes: readonly ChangedSetting[],
  stack: string,
  releases: readonly ReleaseInUse[],
): Promise<void> {
  const tiers = tiersOf(releases);
  const { refused, said } = changedSettings(changes, stack, tiers);
  const trusted = isSet("trustSettings");
  const lines = [...said, ...(trusted ? refused.map(({ what }) => ({ what })) : [])].map(renderProblem);
  if (lines.length > 0) await pulumi.log.warn(lines.join("\n"));
  if (!trusted) refuse(changedSettingsHeading(tiers), refused);
}

/** Goes on only where there is no problem. @throws operator's error with all of them */
export function refuse(heading: string, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new OperatorRunError(renderProblems(heading, problems));
}
