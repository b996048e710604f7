/** Number of runs tried concurrently: they wait now and then, and each that is begun after the last call is in vain. */
const atOnce = 8;

/**
 * Tries a run with a fault at its first call, at its second, and so on, each on a new install.
 * @param run resolves to undefined when it has no such call
 * @returns the result of each run
 */
export async function atEveryCall<T>(run: (at: number) => Promise<T | undefined>): Promise<T[]> {
  const outcomes: T[] = [];
  let [next, isOver] = [1, false];
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const outcome = await run(next++);
      if (outcome === undefined) isOver = true;
      else outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return outcomes;
}
