import { adoptCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";

/** The one thing a call of `adopt` does. */
export type AdoptAct = "adopt" | "status" | "back" | "settle" | "recover";

/** What `adopt` can be told, as the command line reads it. */
export interface AdoptWords extends Partial<Record<Exclude<AdoptAct, "adopt">, boolean>> {
  readonly plan?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly port?: string;
  readonly takePort?: boolean;
  readonly acceptPublicKey?: boolean;
  readonly removeOldFiles?: boolean;
}

/** How far a command is to go: without `yes`, or with `plan` beside it, it only says what it would do. */
export type Going = Pick<AdoptWords, "plan" | "yes">;

/** What each act can be told beside its own word. */
const belonging = {
  adopt: ["plan", "yes", "json", "port", "takePort", "acceptPublicKey"],
  status: ["json"],
  back: ["plan", "yes"],
  settle: ["plan", "yes", "removeOldFiles"],
  recover: ["plan", "yes"],
} as const satisfies Readonly<Record<AdoptAct, readonly (keyof AdoptWords)[]>>;

/** Acts that have a word of their own. */
const named = ["status", "back", "settle", "recover"] as const satisfies readonly AdoptAct[];

/**
 * What was asked for. Pure.
 * @param words what was typed; further options of the command line are none of its business
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

/** True where something is to be done, and not only said. Pure. */
export function isToBeDone({ plan, yes }: Going): boolean {
  return yes === true && plan !== true;
}

/** An option as it is typed: `takePort` → `--take-port`. */
function spelled(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
