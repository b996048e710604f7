/**
 * Works on several things at a time. The first that fails interrupts the others, and all are waited for: none may still
 * be running when their work is rolled back.
 * @param work its signal is aborted when another failed or the operator interrupts
 * @throws whatever the first threw
 */
export async function concurrently<T>(
  things: readonly T[],
  signal: AbortSignal,
  work: (thing: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  await Promise.all(
    things.map((thing) =>
      work(thing, either).catch((error: unknown) => {
        failures.push(error);
        failed.abort();
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}
