import { anObject, aString, setOf } from "../protocol/shape";
import { objects, text, type Values } from "../protocol/values";

/** Labels as the program declares them. */
export const labels = setOf(anObject({ label: aString, value: aString }));

/** Converts labels from the program's form to Docker's. */
export function labelsOf(inputs: Values): Record<string, string> {
  return Object.fromEntries(objects(inputs, "labels").map((entry) => [text(entry, "label"), text(entry, "value")]));
}

/** Converts labels from Docker's form to the program's, sorted. */
export function labelsFrom(labels: Readonly<Record<string, string>> | null | undefined): Values[] {
  return Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => ({ label, value }));
}
