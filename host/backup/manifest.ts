import { z } from "zod";

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
  /** Moment whose data is in it, ISO 8601. */
  at: z.iso.datetime(),
  /** Why it was made, in the operator's words. */
  why: z.string(),
  by: z.string(),
  /** Of the dump's file. */
  bytes: z.number().int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Version of the server it was taken from. */
  postgres: z.string(),
  /** Room the database took on its server then. */
  databaseBytes: z.number().int().nonnegative(),
  /** Every table with its rows, counted in the very snapshot the dump was taken from. */
  tables: z.array(table),
});

export type Table = z.infer<typeof table>;

/** What is known of a backup: a JSON file beside the dump. A dump without one is none. */
export type Manifest = z.infer<typeof manifest>;

/** Reads a manifest. @throws Error that says what is wrong with it; pure */
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
  throw new Error(`its manifest is not one: ${issue?.path.join(".")} ${issue?.message}`);
}

/** File name of the dump of an install at a moment; names sort by time. Pure. */
export function dumpName(install: string, at: Date): string {
  return `${install}-${at.toISOString().replace(/[-:]/g, "").replace(".", "-")}.dump`;
}

/** `0.4 MB`. Pure. */
export function sizeText(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** File name of the manifest beside a dump. Pure. */
export function manifestName(dump: string): string {
  return dump.replace(/\.dump$/, ".json");
}
