import * as pulumi from "@pulumi/pulumi";

/** Resolves with an output's value, or with undefined where a preview cannot know it. */
export async function valueIfKnown<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  // On the wire an unknown value is a marker, wrapped where it is secret; here it is an output that never calls back.
  const onWire: unknown = await pulumi.runtime.serializeProperty("", pulumi.unsecret(output));
  if (onWire === pulumi.runtime.unknownValue) return undefined;
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
