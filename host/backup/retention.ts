/** Facts about a backup that retention needs. */
export interface Dated {
  /** Its dump's file name. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Why it cannot be used; undefined for a good one. */
  readonly damage?: string;
}

/** Milliseconds by which the clock of a database's server may be ahead of this machine's. */
const clockSkew = 5 * 60_000;

/** True for a moment after now, which only a clock that was wrong can have written. Pure. */
export function isInFuture(at: number, now: number): boolean {
  return at > now + clockSkew;
}

/**
 * Sorts backups, newest first. Pure. One dated in the future comes after all others: when it was made is not known, and
 * it must not pass for newer than one that is made now.
 */
export function newestFirst<T extends Dated>(backups: readonly T[], now: number): T[] {
  return [...backups].sort(
    (a, b) =>
      Number(isInFuture(a.at, now)) - Number(isInFuture(b.at, now)) || b.at - a.at || (a.file < b.file ? 1 : -1),
  );
}

/**
 * Lists the backups to remove when this many good ones are to stay. Pure. The one just made comes first whatever the
 * others are dated, and always stays, as does the newest good one. A damaged one does not count, and is removed only
 * when it is older than every good one that stays: until then it may be the best copy of its data.
 * @param made file of the one just made; if it is not among the backups, none is removed
 */
export function superseded<T extends Dated>(backups: readonly T[], made: string, keep: number): T[] {
  const latest = backups.find(({ file }) => file === made);
  if (latest === undefined) return [];
  const others = backups.filter((one) => one !== latest);
  const ordered = [latest, ...newestFirst(others, latest.at)];
  const staying = ordered.filter(({ damage }) => damage === undefined).slice(0, Math.max(1, keep));
  const oldest = staying.at(-1);
  if (oldest === undefined || staying.length < keep) return [];
  return ordered.slice(ordered.indexOf(oldest) + 1);
}
