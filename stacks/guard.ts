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
 * Refuses where the stack does not fit the existing data.
 * @throws OperatorRunError with every reason at once
 */
export async function refuseUnlessFit(evidence: Evidence, intent: Omit<Intent, "trustSettings">): Promise<void> {
  refuse(dataRefusalHeading, await dataRefusals(evidence, { ...intent, trustSettings: isSet("trustSettings") }));
}

/** Reports what the guards could not read, and what they compared instead. */
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
 * Refuses where an image is neither on the engine nor can be pulled.
 * @param type commands by which the operator names others
 * @throws OperatorRunError with every one that is missing
 */
export function refuseMissing(missing: readonly MissingImage[], type: readonly string[]): void {
  if (missing.length > 0) throw new OperatorRunError(missingProblem(missing, type));
}

/**
 * Refuses where base would take something from under a release that is in use, unless the operator has allowed it.
 * @throws OperatorRunError with every reason at once
 */
export function refuseDowntime(declared: DeclaredBase, now: BaseNow): void {
  const problems = isSet("allowDowntime") ? [] : baseRefusals(declared, now);
  if (problems.length > 0)
    throw new OperatorRunError(
      `${renderProblems(baseRefusalHeading(now), problems)}\n  Or, to take Scani down on purpose, ${howToSet("allowDowntime")}.`,
    );
}

/**
 * Warns of settings that differ from those of a release in use.
 * @param releases those in use
 * @throws OperatorRunError where most likely nobody means it, unless the operator has said that the settings are right
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

/** Refuses where there are problems. @throws OperatorRunError with all of them */
export function refuse(heading: string, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new OperatorRunError(renderProblems(heading, problems));
}
