import type { FakeInstall } from "./fakeInstall";

/** What differs between two installs that go on alike: times, the order of making, and what a test counts. */
const beside = new Set([
  ...["at", "created", "startedAt", "finishedAt"],
  ...["calls", "counted", "dead", "fault", "faulted", "folder", "listeners", "made", "requests"],
]);

/** Same in that text, where a record is text in it: times, numbers of one-off containers, and the fault it names. */
const besideIn: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "time"],
  [/"timings\\": ?\{[^}]*\}|"(total|flip)Ms\\": ?\d+/g, "time"],
  [/\bunnamed-\d+/g, "unnamed"],
  [/\b(fault at|lost the answer to) [^"]*/g, "fault"],
];

/** Returns everything an install holds that what is done next can depend on, as text, with its UUIDs numbered. */
export function stateOf(host: FakeInstall): string {
  const all = JSON.stringify(host, (name, value: unknown) => {
    if (beside.has(name)) return undefined;
    return value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : value;
  });
  const text = besideIn.reduce((rest, [part, by]) => rest.replace(part, by), all);
  const numbers = new Map<string, number>();
  return text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
    numbers.set(id, numbers.get(id) ?? numbers.size);
    return `id ${numbers.get(id)}`;
  });
}

/**
 * Returns a function that tries something on an install, but once for all installs in the same state: most faults leave
 * one of a few, and from the same state the same follows.
 */
export function oncePerState<T>(attempt: (host: FakeInstall) => Promise<T>): (host: FakeInstall) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (host) => {
    const state = stateOf(host);
    const result = known.get(state) ?? attempt(host);
    known.set(state, result);
    return result;
  };
}
