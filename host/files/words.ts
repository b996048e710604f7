import { OperatorError } from "../../util/operatorError";
import { setCommand, upCommand } from "../../util/commands";
import { countText, type FileCount, type FilesEntry } from "../install/filesEntry";
import { CarryTally, type Stuck } from "./carry";

/** What carrying came to, as the record keeps it; undefined where there was nothing to carry. Pure. */
export function carriedFiles(
  carriage: { readonly tally: CarryTally } | undefined,
  left?: number,
): FilesEntry | undefined {
  if (left !== undefined) return left === 0 ? undefined : { ...entryOf(new CarryTally()), left };
  return carriage && entryOf(carriage.tally);
}

function entryOf(tally: CarryTally): FilesEntry {
  return {
    files: tally.carried.size,
    bytes: tally.bytes,
    there: tally.there.size,
    gone: tally.gone.size,
    stuck: tally.stuck.map(({ file }) => file.key).sort(),
  };
}

/** Files that are named in a message. */
const mostNamed = 10;

/** Lines that name what could not be carried. Pure. */
export function stuckLines(stuck: readonly Stuck[]): string[] {
  const rest = stuck.length - mostNamed;
  return [
    ...stuck.slice(0, mostNamed).map(({ file, failure }) => `not carried: ${oneLine(file.key)}: ${failure.failed}`),
    ...(rest > 0 ? [`and ${rest.toLocaleString("en")} more`] : []),
  ];
}

/** A key as a terminal may show it. */
function oneLine(key: string): string {
  return key.replace(/[\p{Cc}\p{Cf}]/gu, "�").slice(0, 200);
}

/**
 * Those that stop a switch: a waiting job would find no file, or a store does not work, so that the others would be
 * missing too. Pure.
 */
export function stopping(stuck: readonly Stuck[]): Stuck[] {
  return stuck.filter(({ file, failure }) => file.by === "job" || failure.about !== "file");
}

/** Refuses to go on without some files. Pure. */
export function carryProblem(stuck: readonly Stuck[], stack: string): OperatorError {
  const [{ file, failure }] = stuck;
  const others = stuck.length === 1 ? "" : ` (and ${(stuck.length - 1).toLocaleString("en")} more)`;
  return new OperatorError({
    what: `The files cannot be carried: ${failure.failed}`,
    why: `It was to take ${oneLine(file.key)}${others}${file.by === "job" ? ", which a waiting job needs" : ""}. Files carried so far are not carried again. Once it is mended:`,
    type: upCommand(stack),
  });
}

/** Refuses to put private papers into somebody else's bucket before the operator has said so. Pure. */
export function unsaidProblem(count: FileCount, place: string, stack: string): OperatorError {
  const say = (value: string) => setCommand("carryFiles", stack, { value });
  return new OperatorError({
    what: `carryFiles is not set, and there are ${countText(count)} that tier 2 would look for at ${place}. Nothing has been switched.`,
    why: "They are your users' papers, and the bucket there is somebody else's. yes copies them there, no leaves them where they are, where tier 2 does not find them:",
    type: [say("yes"), say("no")],
  });
}
