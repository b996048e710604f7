import type { Values } from "../../../../lab/plugins/protocol/values";

/** Returns the values without some. */
export function without(values: Values, ...names: string[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}
