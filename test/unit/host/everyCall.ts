/** Runs that are tried at once. */
const atOnce = 32;

/**
 * Tries a run with trouble at its first call, at its second, and so on, each on an install of its own.
 * @param run resolves to undefined when it has no such call
 * @returns what came of each call
 */
export async function atEveryCall<T>(run: (at: number) => Promise<T | undefined>): Promise<T[]> {
  const outcomes: T[] = [];
  for (let first = 1; ; first += atOnce) {
    const tried = await Promise.all(Array.from({ length: atOnce }, (_, index) => run(first + index)));
    outcomes.push(...tried.filter((outcome) => outcome !== undefined));
    if (tried.includes(undefined)) return outcomes;
  }
}
