/** Facts about a backup that retention needs. */
export interface Dated {
  /** Its dump's file name. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Why it cannot be used; undefined for a good one. */
  readonly damage?: string;
}

/**
 * Lists the backups to remove when this many good ones are to stay. Pure. The newest good one always stays. A damaged
 * one does not count, and is removed only when it is older than every good one that stays: until then it may be the
 * best copy of its data.
 */
export function superseded<T extends Dated>(backups: readonly T[], keep: number): T[] {
  const newestFirst = [...backups].sort((a, b) => b.at - a.at || (a.file < b.file ? 1 : -1));
  const staying = newestFirst.filter(({ damage }) => damage === undefined).slice(0, Math.max(1, keep));
  const oldest = staying.at(-1);
  if (oldest === undefined || staying.length < keep) return [];
  return newestFirst.slice(newestFirst.indexOf(oldest) + 1);
}
