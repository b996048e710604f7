import type { EngineEvent } from "@pulumi/pulumi/automation";

/** Collects what Pulumi decided about each resource. */
export class Decisions {
  private readonly lines: string[] = [];

  readonly take = ({ resourcePreEvent }: EngineEvent): void => {
    const step = resourcePreEvent?.metadata;
    if (step === undefined || step.op === "same") return;
    const resource = `${step.type.split(/[:/]/).at(-1)} ${step.urn.split("::").at(-1)}`;
    const because = [...new Set(step.diffs ?? [])].sort().join(", ");
    // Of one that goes along with what it depends on, the engine names whichever of these it came to first.
    const replacing = because === "" ? "" : [...new Set(step.keys ?? [])].sort().join(", ");
    this.lines.push(
      [
        `${resource}: ${step.op}`,
        ...(because === "" ? [] : [`because of ${because}`]),
        ...(replacing === "" ? [] : [`replaced for ${replacing}`]),
      ].join(" "),
    );
  };

  /**
   * One line for each step but those that leave things as they are, in the alphabet's order: steps run side by side.
   */
  get all(): string[] {
    return [...this.lines].sort();
  }
}
