import { sizeText } from "../../util/sizeText";

/** Number of files, and their size together. */
export interface FileCount {
  readonly files: number;
  readonly bytes: number;
}

/** Record of a handover's work with files; `files` and `bytes` count those it carried. */
export interface FilesEntry extends FileCount {
  /** Files the new place had already. */
  readonly there: number;
  /** Files that rows or waiting jobs name and neither place has. */
  readonly gone: number;
  /** Keys of files that could not be carried: the first ten; all in records of an earlier version of this module. */
  readonly stuck: readonly string[];
  /** Number of all such files, where there are more than those. */
  readonly stuckFiles?: number;
  /** Files that were left where they are, because the operator had not permitted carrying them. */
  readonly left?: number;
  /** Those of them that waiting jobs needed. */
  readonly leftJobs?: number;
  /** Title of the place they were left at; absent in records of an earlier version of this module. */
  readonly leftAt?: string;
  /** True where some of those may be at the new place all the same: the places could not be compared. */
  readonly leftAtMost?: true;
}

/** Writes `1 file`, `2,000 files`. Pure. */
export const pluralFiles = (files: number): string => `${files.toLocaleString("en")} ${files === 1 ? "file" : "files"}`;

/** Writes `1 file (12 KiB)`, `2,000 files (300 MiB)`. Pure. */
export function countText({ files, bytes }: FileCount): string {
  return `${pluralFiles(files)} (${sizeText(bytes)})`;
}

/** Describes in a few words what became of files; undefined where there were none. Pure. */
export function filesText({
  files,
  bytes,
  gone,
  stuck,
  stuckFiles = stuck.length,
  left,
  leftJobs,
  leftAt,
  leftAtMost,
}: FilesEntry): string | undefined {
  const where = leftAt === undefined ? "where they were" : `at ${leftAt}`;
  const parts = [
    ...(files > 0 ? [`${countText({ files, bytes })} carried`] : []),
    ...(stuckFiles > 0 ? [`${pluralFiles(stuckFiles)} could not be carried`] : []),
    ...(gone > 0 ? [`${pluralFiles(gone)} that rows or jobs name ${gone === 1 ? "is" : "are"} in neither place`] : []),
    ...(left === undefined
      ? []
      : [
          `${leftAtMost === true ? "at most " : ""}${pluralFiles(left)} left ${where} (carryFiles is not yes)`,
          ...(leftJobs === undefined ? [] : [`waiting jobs needed ${leftJobs.toLocaleString("en")} of them`]),
        ]),
  ];
  return parts.length === 0 ? undefined : parts.join(", ");
}
