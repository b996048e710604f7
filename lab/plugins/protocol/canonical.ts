import type { Shape } from "./shape";
import { isEmpty, type Value, type Values } from "./values";

/**
 * Renders a value as text that is equal for two values exactly when they mean the same: a set has no order, and an
 * empty value counts as absent. Pure.
 */
export function canonical(shape: Shape, value: Value | undefined): string {
  return JSON.stringify(normal(shape, value)) ?? "";
}

function normal(shape: Shape, value: Value | undefined): Value | undefined {
  if (isEmpty(value)) return undefined;
  switch (shape.kind) {
    case "list":
      return Array.isArray(value) ? value.map((item) => normal(shape.of, item) ?? null) : value;
    case "set":
      return Array.isArray(value) ? [...new Set(value.map((item) => canonical(shape.of, item)))].sort() : value;
    case "map":
      return typeof value === "object" ? sorted(value as Values, () => ({ kind: "string" })) : value;
    case "object":
      return typeof value === "object"
        ? sorted(value as Values, (name) => shape.members[name] ?? { kind: "string" })
        : value;
    default:
      return value;
  }
}

function sorted(values: Values, shapeOf: (name: string) => Shape): Values {
  const entries = Object.keys(values)
    .sort()
    .map((name) => [name, normal(shapeOf(name), values[name])] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, Value] => entry[1] !== undefined));
}
