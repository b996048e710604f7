import { specialSecretSig, specialSigKey, unknownValue } from "@pulumi/pulumi/runtime/rpc";

/** A property's value as the engine sends it. */
export type Value = null | boolean | number | string | Value[] | Values;
export interface Values {
  [property: string]: Value;
}

/** True for a value that a preview cannot know. */
export function isUnknown(value: Value | undefined): boolean {
  return value === unknownValue;
}

/** True for what counts as nothing given: Pulumi leaves such a property out, Docker reads it back as one of these. */
export function isEmpty(value: Value | undefined): value is null | "" | 0 | undefined {
  if (value === undefined || value === null || value === "" || value === 0) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Marks an output as secret: the engine stores it encrypted and shows it as `[secret]`. */
export function secret(value: Value): Values {
  return { [specialSigKey]: specialSecretSig, value };
}

/** The text of a property. @throws Error when it is none, which check has ruled out: a mistake in the plugin */
export function text(values: Values, name: string): string {
  const value = values[name];
  if (typeof value !== "string") throw new Error(`${name} is not a string`);
  return value;
}

/** A property's texts; none where it is not given. */
export function texts(values: Values, name: string): string[] {
  return ((values[name] ?? []) as Value[]).map(String);
}

/** A property's objects; none where it is not given. */
export function objects(values: Values, name: string): Values[] {
  return (values[name] ?? []) as Values[];
}
