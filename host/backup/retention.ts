/** A backup as its folder shows it. */
export interface Kept {
  /** Its dump's file name. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Why it cannot be used; undefined for a good one. */
  readonly damage?: string;
}

/**
 * Which backups may go when this many good ones are to stay. Pure. The newest good one always stays. A damaged one
 * counts for nothing, and goes only when it is older than every good one that stays: what can still be got out of it is
 * then in better ones.
 */
export function superseded<T extends Kept>(backups: readonly T[], keep: number): T[] {
  const newestFirst = [...backups].sort((a, b) => b.at - a.at || (a.file < b.file ? 1 : -1));
  const staying = newestFirst.filter(({ damage }) => damage === undefined).slice(0, Math.max(1, keep));
  const oldest = staying.at(-1);
  if (oldest === undefined || staying.length < keep) return [];
  return newestFirst.slice(newestFirst.indexOf(oldest) + 1);
}
