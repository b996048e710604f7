import type * as pulumi from "@pulumi/pulumi";

/** An output's value, or undefined where a preview cannot know it. */
export async function valueIfKnown<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const { isKnown } = output as unknown as { isKnown: Promise<boolean> };
  return (await isKnown)
    ? new Promise((resolve) => {
        output.apply(resolve);
      })
    : undefined;
}
