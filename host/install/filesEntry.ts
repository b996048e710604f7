import { sizeText } from "../../util/sizeText";

/** How many files, and how large together. */
export interface FileCount {
  readonly files: number;
  readonly bytes: number;
}

/** What a handover did with files, as the record keeps it; `files` and `bytes` are what was carried. */
export interface FilesEntry extends FileCount {
  /** Files the new place had already. */
  readonly there: number;
  /** Files that rows or waiting jobs name and neither place has. */
  readonly gone: number;
  /** Keys of what could not be carried. */
  readonly stuck: readonly string[];
  /** Files that were left where they are, since the operator had not said that they may go. */
  readonly left?: number;
  /** Title of where those are; an earlier version of this module did not say. */
  readonly leftAt?: string;
  /** Some of those may be at the new place all the same: the places could not be compared. */
  readonly leftAtMost?: true;
}

/** `1 file`, `2,000 files`. Pure. */
export const pluralFiles = (files: number): string => `${files.toLocaleString("en")} ${files === 1 ? "file" : "files"}`;

/** `1 file (12 KiB)`, `2,000 files (300 MiB)`. Pure. */
export function countText({ files, bytes }: FileCount): string {
  return `${pluralFiles(files)} (${sizeText(bytes)})`;
}

/** What became of files, in a few words; undefined where there were none. Pure. */
export function filesText({ files, bytes, gone, stuck, left, leftAt, leftAtMost }: FilesEntry): string | undefined {
  const where = leftAt === undefined ? "where they were" : `at ${leftAt}`;
  const parts = [
    ...(files > 0 ? [`${countText({ files, bytes })} carried`] : []),
    ...(stuck.length > 0 ? [`${pluralFiles(stuck.length)} could not be carried`] : []),
    ...(gone > 0 ? [`${pluralFiles(gone)} that rows or jobs name ${gone === 1 ? "is" : "are"} in neither place`] : []),
    ...(left === undefined
      ? []
      : [`${leftAtMost === true ? "at most " : ""}${pluralFiles(left)} left ${where} (carryFiles is not yes)`]),
  ];
  return parts.length === 0 ? undefined : parts.join(", ");
}
