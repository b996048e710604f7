/** Settings of a stack by name; undefined for one that is to be taken out. */
export type Values = Readonly<Record<string, string | undefined>>;

/** What settings were before others took their place, by name; null for one that was not there. */
export type Former = Readonly<Record<string, string | null>>;

/** Reads what was kept. Pure. */
export function formerIn(text: string | undefined): Former {
  return text === undefined ? {} : (JSON.parse(text) as Former);
}

/**
 * What has to be kept for values to be set. What is so already is none of it: it stays when the others are put back. Of
 * one that was replaced before, the first is kept. Pure.
 * @param valueOf what a setting is now
 */
export function replacedBy(values: Values, valueOf: (name: string) => string | undefined, kept: Former): Former {
  const changed = Object.keys(values).filter((name) => !(name in kept) && valueOf(name) !== values[name]);
  return { ...kept, ...Object.fromEntries(changed.map((name) => [name, valueOf(name) ?? null])) };
}
