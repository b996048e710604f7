/**
 * Kinds of what the end-to-end tests make, throwaway installs and folders, by which those of killed runs are found. What
 * is missing here cannot be laid out by a test.
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

/** One of them. */
export type TestKind = (typeof testKinds)[number];
