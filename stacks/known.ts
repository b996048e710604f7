import * as pulumi from "@pulumi/pulumi";

/** An output's value, or undefined where a preview cannot know it. */
export async function valueIfKnown<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  // On the wire what is not known is a mark; in the program it is an output that never calls back.
  if ((await pulumi.runtime.serializeProperty("", output)) === pulumi.runtime.unknownValue) return undefined;
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
