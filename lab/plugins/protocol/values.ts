import { specialSecretSig, specialSigKey, unknownValue } from "@pulumi/pulumi/runtime/rpc";

/** A property's value as the engine sends it. */
export type Value = null | boolean | number | string | Value[] | Values;
export interface Values {
  [property: string]: Value;
}

/** Returns true for a value that a preview cannot know. */
export function isUnknown(value: Value | undefined): boolean {
  return value === unknownValue;
}

/**
 * Returns true for values that count as not given: Pulumi leaves such a property out, Docker reads it back as one of
 * these.
 */
export function isEmpty(value: Value | undefined): value is null | "" | 0 | undefined {
  if (value === undefined || value === null || value === "" || value === 0) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Marks an output as secret: the engine stores it encrypted and shows it as `[secret]`. */
export function secret(value: Value): Values {
  return { [specialSigKey]: specialSecretSig, value };
}

/**
 * Returns the text of a property. @throws Error when it is none, a mistake in the plugin since check has ruled that out
 */
export function text(values: Values, name: string): string {
  const value = values[name];
  if (typeof value !== "string") throw new Error(`${name} is not a string`);
  return value;
}

/** Returns a property's texts; none if it is not given. */
export function texts(values: Values, name: string): string[] {
  return ((values[name] ?? []) as Value[]).map(String);
}

/** Returns a property's objects; none if it is not given. */
export function objects(values: Values, name: string): Values[] {
  return (values[name] ?? []) as Values[];
}
