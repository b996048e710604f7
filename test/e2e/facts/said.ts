import type { StepId } from "../../../host/handover/steps/step";

/** Operation of Pulumi on a resource. */
type Operation = "create" | "update" | "replace" | "delete";

/** Output of a preview about what `up` would do, or of an `up` about what it did. */
export interface Said {
  /** Operations by the resource's name; unchanged resources have none. */
  readonly resources: Readonly<Record<string, Operation>>;
  /** Steps of the handover. */
  readonly steps: readonly StepId[];
  /** Release that serves, as named at the beginning. */
  readonly serving?: string;
}

const operations: Readonly<Record<string, Operation>> = {
  create: "create",
  created: "create",
  update: "update",
  updated: "update",
  replace: "replace",
  replaced: "replace",
  delete: "delete",
  deleted: "delete",
};

/** Line about a resource, as ` +- docker:index:Container redis replaced (0.44s)`. */
const resourceLine = /^\s*(?:\+|~|-|\+-|\+\+|--)\s+(\S+:\S+)\s+(\S+)\s+(created?|updated?|replaced?|deleted?)\b/;

/** Reads Pulumi's lines about resources. Pure. */
export function resourcesIn(printed: string): Record<string, Operation> {
  return Object.fromEntries(
    printed.split("\n").flatMap((line) => {
      const [, , name, word] = resourceLine.exec(line) ?? [];
      return name === undefined || word === undefined ? [] : [[name, operations[word]]];
    }),
  );
}

/** Beginnings of the output lines of each handover step. */
const stepLines: readonly (readonly [string, StepId])[] = [
  ["start the gateway", "start-gateway"],
  ["wait until the gateway", "start-gateway"],
  ["let the requests of", "resume"],
  ["have the gateway save", "save-routes"],
  ["send uploads to", "route-uploads"],
  ["give the declared restart policy back", "restart-policy"],
  ["check the disk", "preflight"],
  ["back up the database", "backup"],
  ["wait until the backup", "finish-backup"],
  ["migrate the schema", "migrate"],
  ["wait for ", "restart"],
  ["verify the tier", "verify"],
  ["carry the files to", "carry"],
  ["carry the files that came", "carry-rest"],
  ["carry the files of uploads", "carry-late"],
  ["look whether files have come", "carry"],
  ["name the files that came", "carry-late"],
  ["flip the gateway", "flip"],
  ["watch the new release", "soak"],
];

/** Reads the steps under a switch preview's heading. Pure. */
export function stepsIn(printed: string): StepId[] {
  const lines = printed.split("\n");
  const from = lines.findIndex((line) => /^\s*steps:$/.test(line));
  if (from < 0) return [];
  const indent = (line: string): number => line.length - line.trimStart().length;
  const rest = lines.slice(from + 1);
  const end = rest.findIndex((line) => indent(line) <= indent(lines[from] ?? ""));
  return rest.slice(0, end < 0 ? undefined : end).map((line) => stepOf(line.trim()));
}

function stepOf(line: string): StepId {
  const known = stepLines.find(([begins]) => line.startsWith(begins));
  if (known !== undefined) return known[1];
  if (/^stop .* migrate, which/.test(line)) return "stop-migrators";
  if (/^stop gently: .*worker/.test(line)) return "stop-workers";
  if (line.startsWith("stop gently: ")) return "retire";
  if (/^start worker/.test(line)) return "start-worker";
  if (line.startsWith("start ")) return "start";
  throw new Error(`not a step that is known: ${line}`);
}

/**
 * Returns true when an `up` says that it let requests through, which it does as soon as it has the install's lock.
 * Pure.
 */
export function letsThrough(printed: string): boolean {
  return /^.*Requests of .* were held or refused at the gateway.*: let through/m.test(printed);
}

/** Returns true when an `up` says that it had the gateway save its routes, as it does next. Pure. */
export function savesRoutes(printed: string): boolean {
  return printed.includes("The gateway had not saved its routes");
}

/** Reads which release serves, as a preview or an `up` says first. Pure. */
export function servingIn(printed: string): string | undefined {
  return /Serving now: (.*?)\. (?:After this|Nothing to do|Handing over|Repairing)/.exec(printed)?.[1];
}
