import type { EngineEvent } from "@pulumi/pulumi/automation";

/** Collects what Pulumi decided about each resource. */
export class Decisions {
  private readonly lines: string[] = [];

  readonly take = ({ resourcePreEvent }: EngineEvent): void => {
    const step = resourcePreEvent?.metadata;
    if (step === undefined || step.op === "same") return;
    const resource = `${step.type.split(/[:/]/).at(-1)} ${step.urn.split("::").at(-1)}`;
    const because = [...new Set(step.diffs ?? [])].sort().join(", ");
    // For a resource replaced with its dependency the engine names whichever dependency it came to first, so leave that
    // out.
    const replacing = because === "" ? "" : [...new Set(step.keys ?? [])].sort().join(", ");
    this.lines.push(
      [
        `${resource}: ${step.op}`,
        ...(because === "" ? [] : [`because of ${because}`]),
        ...(replacing === "" ? [] : [`replaced for ${replacing}`]),
      ].join(" "),
    );
  };

  /** One line for each step that changes something, in alphabetical order because steps run concurrently. */
  get all(): string[] {
    return [...this.lines].sort();
  }
}
