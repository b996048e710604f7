import { label } from "../../host/install/names/labels";

/** Something on the engine, with its labels. */
export interface Labelled {
  /** For messages, as `volume scani-postgres-data`. */
  readonly title: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Config key that makes the program label everything it declares as a throwaway's (see stacks/throwaway.ts). */
export const throwawayConfig = { "scani-lab:throwaway": "true" };

/** Labels of what the lab itself starts on a throwaway install. Pure. */
export function throwawayLabels(install: string, service?: string): Record<string, string> {
  return {
    [label.install]: install,
    [label.throwaway]: "true",
    ...(service === undefined ? {} : { [label.service]: service }),
  };
}

/**
 * What of an install shows that it is not a throwaway's; empty for a throwaway. All that is declared carries the label.
 * A container that a command of ours needs for a moment and a killed run left behind carries only the install's name: it
 * counts as a throwaway's beside something that is labelled. Pure.
 */
export function unmarked(items: readonly Labelled[]): string[] {
  const bare = items.filter(({ labels }) => labels[label.throwaway] !== "true");
  const isMarked = bare.length < items.length;
  return bare.filter((item) => !(isMarked && isMomentary(item))).map(({ title }) => title);
}

/** Whether it is a container of a check or a backup: declared containers carry when they were made. */
function isMomentary({ title, labels }: Labelled): boolean {
  return title.startsWith("container ") && labels[label.made] === undefined;
}
