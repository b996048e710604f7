/**
 * Kinds of throwaway installs and folders that end-to-end tests make, by which those of killed runs are found. A test
 * cannot lay out a kind that is missing here.
 */
export const testKinds = [
  "test",
  "page",
  "switch",
  "faults",
  "facts",
  "takedown",
  "hands",
  "runs",
  "data",
  "parity",
  "dotenv",
  "restart",
  "ssh",
  "many",
  "real",
  "adopt",
  "adoptkills",
  "takeport",
  "composed",
  "base",
  "blips",
  "files",
  "managed",
  "paused",
  "secrets",
] as const;

/** One of these kinds. */
export type TestKind = (typeof testKinds)[number];
