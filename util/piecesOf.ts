/** Splits a list into pieces of at most a length. Pure. */
export function piecesOf<T>(list: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / length) }, (_, index) =>
    list.slice(index * length, (index + 1) * length),
  );
}

/** Splits a list into pieces of at most a length and a weight; an item heavier than that goes alone. Pure. */
export function batchesOf<T>(
  list: readonly T[],
  weightOf: (one: T) => number,
  most: { readonly length: number; readonly weight: number },
): T[][] {
  const batches: T[][] = [];
  let weight = 0;
  for (const one of list) {
    const last = batches.at(-1);
    if (last === undefined || last.length >= most.length || weight + weightOf(one) > most.weight) {
      batches.push([one]);
      weight = weightOf(one);
    } else {
      last.push(one);
      weight += weightOf(one);
    }
  }
  return batches;
}
