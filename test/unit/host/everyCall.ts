/** Number of runs tried concurrently. */
const atOnce = 32;

/**
 * Tries a run with a fault at its first call, at its second, and so on, each on a new install.
 * @param run resolves to undefined when it has no such call
 * @returns the result of each run
 */
export async function atEveryCall<T>(run: (at: number) => Promise<T | undefined>): Promise<T[]> {
  const outcomes: T[] = [];
  for (let first = 1; ; first += atOnce) {
    const tried = await Promise.all(Array.from({ length: atOnce }, (_, index) => run(first + index)));
    outcomes.push(...tried.filter((outcome) => outcome !== undefined));
    if (tried.includes(undefined)) return outcomes;
  }
}
