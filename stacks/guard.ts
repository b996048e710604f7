import type { Evidence } from "../host/guards/evidence";
import { explainRefusals, judge, type Intent } from "../host/guards/judge";
import { missingProblem, type MissingImage } from "../host/preflight/images";
import { isSet } from "../settings";
import { OperatorRunError } from "./operatorError";

/**
 * Goes on only when the stack fits the data that is there.
 * @throws operator's error with every reason at once
 */
export async function refuseUnlessFit(evidence: Evidence, intent: Omit<Intent, "trustSettings">): Promise<void> {
  const refusals = await judge(evidence, { ...intent, trustSettings: isSet("trustSettings") });
  if (refusals.length > 0) throw new OperatorRunError(explainRefusals(refusals));
}

/**
 * Goes on only when every image is there or can be pulled.
 * @param type what the operator may type to name others
 * @throws operator's error with every one that is missing
 */
export function refuseMissing(missing: readonly MissingImage[], type: readonly string[]): void {
  if (missing.length > 0) throw new OperatorRunError(missingProblem(missing, type));
}
