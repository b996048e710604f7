import { adoptCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";

/** Action of one call of `adopt`. */
export type AdoptAct = "adopt" | "status" | "back" | "settle" | "recover";

/** Options of `adopt`, as the command line reads them. */
export interface AdoptWords extends Partial<Record<Exclude<AdoptAct, "adopt">, boolean>> {
  readonly plan?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly port?: string;
  readonly takePort?: boolean;
  readonly acceptPublicKey?: boolean;
  readonly removeOldFiles?: boolean;
}

/**
 * Options that decide how far a command goes: without `yes`, or with `plan` as well, it only reports what it would do.
 */
export type Going = Pick<AdoptWords, "plan" | "yes">;

/** Options that go with each act, besides its own. */
const belonging = {
  adopt: ["plan", "yes", "json", "port", "takePort", "acceptPublicKey"],
  status: ["json"],
  back: ["plan", "yes"],
  settle: ["plan", "yes", "removeOldFiles"],
  recover: ["plan", "yes"],
} as const satisfies Readonly<Record<AdoptAct, readonly (keyof AdoptWords)[]>>;

/** Acts that have an option of their own. */
const named = ["status", "back", "settle", "recover"] as const satisfies readonly AdoptAct[];

/**
 * Returns the act that was asked for. Pure.
 * @param words options as typed; other options of the command line are ignored
 * @param project as it was typed
 * @throws OperatorError for two acts at once, and for an option that does not belong to the act
 */
export function actOf(words: AdoptWords, project?: string): AdoptAct {
  const at = project === undefined ? [] : [project];
  const asked = named.filter((act) => words[act]);
  if (asked.length > 1)
    throw new OperatorError({
      what: `${asked.map(spelled).join(" and ")} are not done in one call. Nothing has been touched.`,
      type: asked.map((act) => adoptCommand(...at, spelled(act))),
    });
  const act = asked.at(0) ?? "adopt";
  const given = [...new Set(Object.values(belonging).flat())].filter((option) => words[option]);
  const own = given.filter((option) => (belonging[act] as readonly string[]).includes(option));
  const strange = given.filter((option) => !own.includes(option));
  const retyped = (options: typeof given): string =>
    adoptCommand(
      ...at,
      ...(act === "adopt" ? [] : [spelled(act)]),
      ...options.flatMap((option) => [spelled(option), ...(option === "port" ? [words.port ?? ""] : [])]),
    );
  if (strange.length > 0)
    throw new OperatorError({
      what: `${strange.map(spelled).join(" and ")} ${strange.length === 1 ? "does" : "do"} not go with ${act === "adopt" ? "an adoption" : spelled(act)}. Nothing has been touched.`,
      type: strange.includes("removeOldFiles") ? adoptCommand(...at, "--settle", "--remove-old-files") : retyped(own),
    });
  if (words.json && words.yes)
    throw new OperatorError({
      what: "--json only says what would be done, and --yes does it. Nothing has been touched.",
      type: ["yes", "json"].map((word) => retyped(own.filter((option) => option !== word))),
    });
  return act;
}

/** True where the command is to act, and not only to report. Pure. */
export function isToBeDone({ plan, yes }: Going): boolean {
  return yes === true && plan !== true;
}

/** Spells an option as it is typed: `takePort` → `--take-port`. */
function spelled(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
