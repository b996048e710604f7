import { createHash } from "node:crypto";
import type { Properties, Shape } from "./shape";
import { isUnknown, type Value, type Values } from "./values";

/** Result of a check: the inputs as they go into the state, and their mistakes. */
export interface Checked {
  readonly inputs: Values;
  /** One sentence for each mistake. */
  readonly failures: string[];
}

/** Reports, by its name, every property that is not covered, is missing or has another form. Pure. */
export function check(properties: Properties, given: Values): Checked {
  const inputs = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== null && name !== defaultsKey),
  );
  const failures = Object.entries(inputs).flatMap(([name, value]) => {
    const property = properties[name];
    return property === undefined ? [notCovered(name, Object.keys(properties))] : mistakes(property.shape, value, name);
  });
  const missing = Object.entries(properties).filter(
    ([name, property]) => property.required && inputs[name] === undefined,
  );
  return { inputs, failures: [...failures, ...missing.map(([name]) => `${name} is missing`)] };
}

/** Name under which inputs no program gave are listed, as in the official plugins; the engine hides it. */
const defaultsKey = "__defaults";

/**
 * Gives a resource without a name a permanent one: the old one, else `<resource>-<7 hex digits>`. Pure.
 * @param seed random bytes from the engine, different for every new resource
 */
export function withName(inputs: Values, resource: string, old: Values, seed: Uint8Array): Values {
  if (inputs.name !== undefined) return inputs;
  const digits = createHash("sha256").update(seed).update(resource).digest("hex").slice(0, 7);
  return { ...inputs, name: old.name ?? `${resource}-${digits}`, [defaultsKey]: ["name"] };
}

/** Returns true when `withName` gave the name. */
export function isAutonamed(inputs: Values): boolean {
  return (inputs[defaultsKey] as Value[] | undefined)?.includes("name") ?? false;
}

function notCovered(name: string, covered: readonly string[]): string {
  return `${name} is not covered by this test plugin, which knows only what the program declares: ${[...covered].sort().join(", ")}`;
}

function mistakes(shape: Shape, value: Value, path: string): string[] {
  if (isUnknown(value)) return [];
  switch (shape.kind) {
    case "list":
    case "set":
      return Array.isArray(value)
        ? value.flatMap((item, at) => mistakes(shape.of, item, `${path}[${at}]`))
        : [`${path} is not a list`];
    case "map":
      return (
        members(value)?.flatMap(([name, member]) => mistakes({ kind: "string" }, member, `${path}.${name}`)) ?? [
          `${path} is not an object`,
        ]
      );
    case "object":
      return (
        members(value)?.flatMap(([name, member]) => {
          const known = shape.members[name];
          return known === undefined
            ? [notCovered(`${path}.${name}`, Object.keys(shape.members))]
            : mistakes(known, member, `${path}.${name}`);
        }) ?? [`${path} is not an object`]
      );
    default:
      return typeof value === shape.kind ? [] : [`${path} is not a ${shape.kind}`];
  }
}

function members(value: Value): [string, Value][] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.entries(value).filter(([name, member]) => member !== null && name !== defaultsKey);
}
