/** Settings of a stack by name; undefined for one that is to be removed. */
export type Values = Readonly<Record<string, string | undefined>>;

/** Former values of replaced settings, by name; null for one that did not exist. */
export type Former = Readonly<Record<string, string | null>>;

/** Parses the former settings that were kept. Pure. */
export function formerIn(text: string | undefined): Former {
  return text === undefined ? {} : (JSON.parse(text) as Former);
}

/**
 * Returns the former settings to keep before values are set. A setting that has its value already is left out: it stays
 * when the others are put back. Of one that was replaced before, the first former value is kept. Pure.
 * @param valueOf gives a setting's present value
 */
export function replacedBy(values: Values, valueOf: (name: string) => string | undefined, kept: Former): Former {
  const changed = Object.keys(values).filter((name) => !(name in kept) && valueOf(name) !== values[name]);
  return { ...kept, ...Object.fromEntries(changed.map((name) => [name, valueOf(name) ?? null])) };
}
