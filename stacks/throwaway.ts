import * as pulumi from "@pulumi/pulumi";
import { label, labelList } from "../host/install/names/labels";

/** Types of Docker resources that can carry labels. */
const labelled = /^docker:index\/(container:Container|network:Network|volume:Volume)$/;

type Labels = ReturnType<typeof labelList>;

/**
 * Labels everything this stack declares as a throwaway's, where the lab that laid the stack out marked it so in a
 * config namespace of its own. The lab removes only what carries the label. To be called before anything is declared.
 */
export function markThrowaway(): void {
  if (!isThrowaway()) return;
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
    labelled.test(type)
      ? { props: { ...props, labels: pulumi.output(props.labels as pulumi.Input<Labels>).apply(marked) }, opts }
      : undefined,
  );
}

/** Returns the labels for what a program itself makes, on a throwaway install the throwaway's. */
export function throwawayMark(): Readonly<Record<string, string>> {
  return isThrowaway() ? { [label.throwaway]: "true" } : {};
}

/** True where the lab that laid the stack out marked it as a throwaway's. */
export function isThrowaway(): boolean {
  return new pulumi.Config("scani-lab").getBoolean("throwaway") === true;
}

/** Adds the throwaway's label, in the order `labelList` gives. Pure. */
export function marked(labels: Labels): Labels {
  const values = Object.fromEntries(labels.map(({ label: name, value }) => [name, value]));
  return labelList({ ...values, [label.throwaway]: "true" });
}
