import { label } from "../../host/install/names/labels";

/** Something on the engine, with its labels. */
export interface Labelled {
  /** Title for messages, as `volume scani-postgres-data`. */
  readonly title: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Config that makes the program label everything it declares as a throwaway's (see stacks/throwaway.ts). */
export const throwawayConfig = { "scani-lab:throwaway": "true" };

/** Returns the labels of containers the lab itself starts on a throwaway install. Pure. */
export function throwawayLabels(install: string, service?: string): Record<string, string> {
  return {
    [label.install]: install,
    [label.throwaway]: "true",
    ...(service === undefined ? {} : { [label.service]: service }),
  };
}

/**
 * Lists the items that show that an install is not a throwaway; empty for a throwaway. Everything declared carries the
 * label. A momentary container of a command, left by a killed run, carries only the install's name: it counts as a
 * throwaway's if another item is labelled. Pure.
 */
export function unmarked(items: readonly Labelled[]): string[] {
  const bare = items.filter(({ labels }) => labels[label.throwaway] !== "true");
  const isMarked = bare.length < items.length;
  return bare.filter((item) => !(isMarked && isMomentary(item))).map(({ title }) => title);
}

/** Returns true for a container of a check or a backup, which lacks the creation timestamp of declared ones. */
function isMomentary({ title, labels }: Labelled): boolean {
  return title.startsWith("container ") && labels[label.made] === undefined;
}
