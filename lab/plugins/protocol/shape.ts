import type { Value } from "./values";

/** Form of a property's value. */
export type Shape =
  | { readonly kind: "string" | "number" | "boolean" }
  /** Strings by name. */
  | { readonly kind: "map" }
  | { readonly kind: "object"; readonly members: Readonly<Record<string, Shape>> }
  | { readonly kind: "list" | "set"; readonly of: Shape };

/** One input property of a resource, and how the official plugin treats a change of it. */
export interface Property {
  readonly shape: Shape;
  /** `replace` makes another resource, `update` keeps it. */
  readonly change: "replace" | "update";
  readonly required?: true;
  /** Value the official plugin uses if none is given. */
  readonly fallback?: Value;
  /** True when Docker fills it in if none is given, so leaving it out is no change. */
  readonly computed?: true;
  /** True when an empty list is the same as none. */
  readonly emptyIsAbsent?: true;
}

/** Input properties by name: all that the plugin covers, so any other is refused. */
export type Properties = Readonly<Record<string, Property>>;

export const aString: Shape = { kind: "string" };
export const aNumber: Shape = { kind: "number" };
export const aBoolean: Shape = { kind: "boolean" };
export const aMap: Shape = { kind: "map" };
export const listOf = (of: Shape): Shape => ({ kind: "list", of });
export const setOf = (of: Shape): Shape => ({ kind: "set", of });
export const anObject = (members: Readonly<Record<string, Shape>>): Shape => ({ kind: "object", members });
