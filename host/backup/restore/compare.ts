import type { Table } from "../manifest";

/** Returns the differences between two row counts of a database's tables, a line each. Pure. */
export function differences(expected: readonly Table[], found: readonly Table[]): string[] {
  const there = byName(found);
  const wanted = byName(expected);
  return [...new Set([...wanted.keys(), ...there.keys()])].sort().flatMap((name) => {
    const [before, after] = [wanted.get(name), there.get(name)];
    if (before === after) return [];
    if (after === undefined) return [`${name} is missing (${before} rows)`];
    if (before === undefined) return [`${name} should not be there (${after} rows)`];
    return [`${name} has ${after} rows instead of ${before}`];
  });
}

function byName(tables: readonly Table[]): Map<string, number> {
  return new Map(tables.map(({ schema, name, rows }) => [`${schema}.${name}`, rows]));
}
