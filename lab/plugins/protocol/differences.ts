import { canonical } from "./canonical";
import type { Properties, Property } from "./shape";
import { isEmpty, isUnknown, type Value, type Values } from "./values";

/** Change of one property. */
export interface Difference {
  readonly kind: "add" | "delete" | "update";
  /** True when the resource has to be replaced for it. */
  readonly replace: boolean;
}

/**
 * Compares a resource's last known state with what is wanted now, as the official plugins do. Pure.
 * @param state outputs, which a refresh brings up to date
 * @param wanted checked inputs; unknown ones count as changed, except where the official plugin treats them as not
 * given
 * @param ignored names of properties (`ignoreChanges`)
 */
export function differences(
  properties: Properties,
  state: Values,
  wanted: Values,
  ignored: readonly string[] = [],
): Record<string, Difference> {
  const found: Record<string, Difference> = {};
  for (const [name, property] of Object.entries(properties)) {
    const kind = ignored.includes(name) ? undefined : change(property, state[name], wanted[name]);
    if (kind !== undefined) found[name] = { kind, replace: property.change === "replace" };
  }
  return found;
}

function change(property: Property, old: Value | undefined, given: Value | undefined): Difference["kind"] | undefined {
  const wanted = given ?? property.fallback;
  if (wanted === undefined && property.computed) {
    // Its creation failed half-way, so it was never read, and the image's values are still missing.
    return property.shape.kind === "list" && (old ?? null) === null ? "update" : undefined;
  }
  if (wanted === undefined) return isEmpty(old) ? undefined : "delete";
  if (
    property.computed &&
    ((isUnknown(wanted) && property.shape.kind === "set") || (isEmpty(wanted) && property.emptyIsAbsent))
  )
    return undefined;
  if (canonical(property.shape, old) === canonical(property.shape, wanted)) return undefined;
  return isEmpty(old) ? "add" : isEmpty(wanted) ? "delete" : "update";
}
