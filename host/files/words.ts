import { OperatorError } from "../../util/operatorError";
import { setCommand, upCommand } from "../../util/commands";
import { pluralFiles, countText, type FileCount, type FilesEntry } from "../install/filesEntry";
import type { Carriage } from "./carriage";
import { needed, type NamedFile } from "./named";
import type { FoundFiles } from "./find";
import { isBundled } from "./place";
import type { Tier } from "../../settings";
import { CarryTally, type Stuck } from "./carry";

/** Most files that are named in a message or a record. */
const mostNamed = 10;

/** Files that stay where they are. */
export interface LeftFiles {
  readonly files: number;
  /** Those of them that waiting jobs need. */
  readonly jobs: number;
  /** Title of the place they are at. */
  readonly at: string;
  /** Reason they could not be compared: `files` are all that are named, and some may be at the new place already. */
  readonly uncompared?: string;
}

/** Returns a handover's record of files; undefined where there were none to care for. Pure. */
export function carriedFiles(
  carriage: Pick<Carriage, "tally" | "lost"> | undefined,
  left?: LeftFiles,
): FilesEntry | undefined {
  const staying = left !== undefined && left.files > 0 ? left : undefined;
  if (carriage === undefined && staying === undefined) return undefined;
  const tally = carriage?.tally ?? new CarryTally();
  return {
    files: tally.carried.size,
    bytes: tally.bytes,
    there: tally.there.size,
    gone: carriage?.lost.length ?? 0,
    stuck: tally.stuck
      .map(({ file }) => file.key)
      .sort()
      .slice(0, mostNamed),
    ...(tally.stuck.length > mostNamed && { stuckFiles: tally.stuck.length }),
    ...(staying && {
      left: staying.files,
      leftAt: staying.at,
      ...(staying.jobs > 0 && { leftJobs: staying.jobs }),
      ...(staying.uncompared === undefined ? {} : { leftAtMost: true as const }),
    }),
  };
}

/** Says that waiting jobs lose files which stay, and how not to; undefined where none does. Pure. */
export function lostJobsLine({ jobs, uncompared }: LeftFiles): string | undefined {
  if (jobs === 0) return undefined;
  const most = uncompared === undefined ? "" : "at most ";
  return `waiting jobs need ${most}${jobs.toLocaleString("en")} of them, do not find ${jobs === 1 ? "it" : "them"} and fail; not where they end before the switch, or carryFiles is yes`;
}

/** Lists the files that could not be carried, one a line. Pure. */
export function stuckLines(stuck: readonly Stuck[]): string[] {
  const rest = stuck.length - mostNamed;
  return [
    ...stuck.slice(0, mostNamed).map(({ file, failure }) => `not carried: ${oneLine(file.key)}: ${failure.failed}`),
    ...(rest > 0 ? [`and ${rest.toLocaleString("en")} more`] : []),
  ];
}

/**
 * Says what became of copies of papers that users have deleted since they were carried. Pure.
 * @param removed number of those that were removed
 * @param unremoved those that could not be removed, with the reasons
 * @param place title of the place they are at
 */
export function deletedLines(removed: number, unremoved: ReadonlyMap<string, string>, place: string): string[] {
  const [why] = unremoved.values();
  const papers = (count: number) => `${count.toLocaleString("en")} ${count === 1 ? "paper" : "papers"}`;
  return [
    ...(removed > 0 ? [`${papers(removed)} deleted meanwhile: removed from ${place} again`] : []),
    ...(why === undefined
      ? []
      : [
          `${papers(unremoved.size)} deleted meanwhile, and still at ${place}: ${why}; the next switch that carries files there removes them`,
        ]),
  ];
}

/** Makes a key safe to show in a terminal. */
function oneLine(key: string): string {
  return key.replace(/[\p{Cc}\p{Cf}]/gu, "�").slice(0, 200);
}

/** Returns a preview's lines about files that cannot be carried. Pure. */
export function stuckPreview(stuck: readonly Stuck[]): string[] {
  const needed = stopping(stuck).length;
  if (needed === 0) return stuckLines(stuck);
  return [...stuckLines(stuck), `up is refused while waiting jobs need ${needed.toLocaleString("en")} of them`];
}

/** Returns the files stuck because a store does not work, so that the others would be missing too. Pure. */
export function brokenBy(stuck: readonly Stuck[]): Stuck[] {
  return stuck.filter(({ failure }) => failure.about !== "file");
}

/** True where nothing is wrong except that the data-provider allows no more calls for now. Pure. */
export function onlyOutOfCalls(stuck: readonly Stuck[]): boolean {
  return stuck.every(({ failure }) => failure.noMoreCalls === true);
}

/** Returns the files that stop a switch: a waiting job would not find one, or a store does not work. Pure. */
export function stopping(stuck: readonly Stuck[]): Stuck[] {
  const broken = brokenBy(stuck);
  return stuck.filter((one) => one.file.by === "job" || broken.includes(one));
}

/**
 * Returns a restore's note on files, which are in no backup of the database; undefined where it names none. Pure.
 * @param found result of looking for them; undefined where nothing serves that tells where they are
 */
export function restoredFilesNote(named: readonly NamedFile[], found?: FoundFiles): string | undefined {
  const { length } = needed(named);
  if (length === 0) return undefined;
  const names = `Files are in no backup of the database, which names ${pluralFiles(length)}.`;
  const lost =
    "Scani finds no file that has been deleted since, or is of another tier or install, until it is put there.";
  if (found === undefined) return `${names} ${lost}`;
  const { there, missing, unread, at } = found;
  const count = (files: number) => files.toLocaleString("en");
  return [
    names,
    missing + (unread?.files ?? 0) === 0 ? `All are at ${at}.` : `At ${at}: ${count(there)}.`,
    ...(missing === 0 ? [] : [`Missing there: ${count(missing)}. ${lost}`]),
    ...(unread === undefined ? [] : [`Not looked for: ${count(unread.files)}: ${unread.why}`]),
  ].join(" ");
}

/** Returns the command that leaves files where they are. */
const leave = (stack: string): string => setCommand("carryFiles", stack, { value: "no" });

/**
 * Returns the refusal to go on without some files, with the way to go on all the same. Pure.
 * @param stuck the files, at least one
 * @param there number of files found or put at the new place
 */
export function carryProblem(stuck: readonly Stuck[], there: number, stack: string): OperatorError {
  const [{ file, failure }] = stuck;
  const waits = file.by === "job" ? ", which a waiting job needs" : "";
  const leaving =
    "Where that cannot be waited for: carryFiles no, and then up, leaves the files where they are until a later switch brings them.";
  if (failure.noMoreCalls === true)
    return new OperatorError({
      what: `The files cannot all be carried yet: ${failure.failed}`,
      why: [
        `${pluralFiles(stuck.length)} ${stuck.length === 1 ? "is" : "are"} left; ${pluralFiles(there)} ${there === 1 ? "is" : "are"} at the new place, and cost no more calls within a day. After that time the same command goes on with the rest.`,
        leaving,
      ].join("\n"),
      type: [upCommand(stack), leave(stack)],
    });
  const others = stuck.length === 1 ? "" : ` (and ${(stuck.length - 1).toLocaleString("en")} more)`;
  return new OperatorError({
    what: `The files cannot be carried: ${failure.failed}`,
    why: [
      `It was to take ${oneLine(file.key)}${others}${waits}. Once it is mended, up goes on; files carried so far are not carried again.`,
      leaving,
    ].join("\n"),
    type: [upCommand(stack), leave(stack)],
  });
}

/** Stacks of an install that a message names. */
export interface NamedStacks {
  /** The stack that is to serve. */
  readonly stack: string;
  readonly source: string;
  readonly base: string;
}

/**
 * Returns the refusal to leave files behind that no container is left to read. Pure.
 * @param named number of files the database names
 * @param lost tier whose they are, and the id of their place where it is on record
 */
export function lostProblem(
  named: number,
  { tier, at, isGuess = false }: { readonly tier: Tier; readonly at?: string; readonly isGuess?: boolean },
  { stack, source, base }: NamedStacks,
): OperatorError {
  const others = "leaves them where they are until a later switch brings them.";
  const [endpoint, bucket] = at?.split(" ") ?? [];
  if (endpoint === undefined || bucket === undefined)
    return new OperatorError({
      what: `${isGuess ? `The record of handovers cannot be read: ${tier} may have served last` : `${tier} served last`}, and none of its containers is left to say where its files are. Rows and jobs name ${pluralFiles(named)}. Nothing has been switched.`,
      why: `Once ${tier} has been brought up, its files can be carried. Where that cannot be waited for: carryFiles no, and then up, ${others}`,
      type: [upCommand(source), leave(stack)],
    });
  const own = isBundled(endpoint);
  return new OperatorError({
    what: `${tier} served last, with its files in the bucket ${bucket} at ${endpoint}, and none of its containers is left to carry them from there. Rows and jobs name ${pluralFiles(named)}. Nothing has been switched.`,
    why: `Give base that bucket again, ${own ? "by taking S3_ENDPOINT out of its settings" : "with its keys"}, and bring ${tier} up: from there the files can be carried. The last command, and then up, ${others}`,
    type: [
      ...(own ? [] : [setCommand("S3_ENDPOINT", base, { value: endpoint })]),
      setCommand("S3_BUCKET", base, { value: bucket }),
      upCommand(base),
      upCommand(source),
      leave(stack),
    ],
  });
}

/**
 * Returns the refusal to put private papers into somebody else's bucket before the operator has said so. Pure.
 * @param more true where not all could be counted
 */
export function unsaidProblem(count: FileCount, more: boolean, place: string, stack: string): OperatorError {
  return new OperatorError({
    what: `carryFiles is not set, and there are ${more ? "at least " : ""}${countText(count)} that tier 2 would look for at ${place}. Nothing has been switched.`,
    why: "They are your users' papers, and the bucket there is somebody else's. yes copies them there, no leaves them where they are, where tier 2 does not find them:",
    type: [setCommand("carryFiles", stack, { value: "yes" }), leave(stack)],
  });
}
