import { z } from "zod";
import type { DatabaseIdentity } from "../install/data/databaseIdentity";

/** Rows of one table at the moment of a dump. */
const table = z.object({
  schema: z.string(),
  name: z.string(),
  rows: z.number().int().nonnegative(),
});

const manifest = z.object({
  version: z.literal(1),
  /** The dump's file, in the same folder. */
  file: z.string().regex(/^[\w.-]+\.dump$/),
  install: z.string().min(1),
  database: z.string().min(1),
  /** Identity of its database cluster; absent where the server does not tell it, and in backups of earlier versions. */
  cluster: z.string().regex(/^\d+$/).optional(),
  /** Moment of its data, ISO 8601. */
  at: z.iso.datetime(),
  /** Why it was made, in the operator's words. */
  why: z.string(),
  /** When it was last read back into a database of its own and found to hold the same rows, ISO 8601. */
  verified: z.iso.datetime().optional(),
  by: z.string(),
  /** Size of the dump. */
  bytes: z.number().int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Version of its server. */
  postgres: z.string(),
  /** Size of the database on its server. */
  databaseBytes: z.number().int().nonnegative(),
  /** Row counts of every table, in the dump's own snapshot. */
  tables: z.array(table),
});

export type Table = z.infer<typeof table>;

/** Description of a backup, a JSON file next to the dump. A dump without one is no backup. */
export type Manifest = z.infer<typeof manifest>;

/** Parses a manifest. Pure. @throws Error that says what is wrong with it */
export function parseManifest(contents: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(contents);
  } catch {
    throw new Error("its manifest is not JSON");
  }
  const parsed = manifest.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`its manifest is not valid: ${issue?.path.join(".")} ${issue?.message}`);
}

/** Origin of a backup: the install's own database, another one, or one that is not known. */
export type Origin = "own" | "other" | "unknown";

/** Compares a backup's database with the install's. Pure. */
export function originOf(manifest: DatabaseIdentity, { cluster, database }: DatabaseIdentity): Origin {
  if (manifest.database !== database) return "other";
  if (manifest.cluster === undefined || cluster === undefined) return "unknown";
  return manifest.cluster === cluster ? "own" : "other";
}

/**
 * True where a backup counts as one of a database, for retention and for the age of the last one. Where the server does
 * not tell its cluster, those count that were made without knowing it. Pure.
 */
export function countsFor(manifest: DatabaseIdentity, { cluster, database }: DatabaseIdentity): boolean {
  return manifest.database === database && manifest.cluster === cluster;
}

/** Returns the file name of an install's dump at a moment; names sort by time. Pure. */
export function dumpName(install: string, at: Date): string {
  return `${install}-${at.toISOString().replace(/[-:]/g, "").replace(".", "-")}.dump`;
}

/** Returns the file name of the manifest next to a dump, which is never the dump's own. Pure. */
export function manifestName(dump: string): string {
  return `${dump.replace(/\.dump$/, "")}.json`;
}
