import { ageText } from "../../host/backup/due";
import { isInFuture } from "../../host/backup/retention";
import type { DatabaseIdentity } from "../../host/install/data/databaseIdentity";
import type { Backup } from "../../host/backup/folder";
import { originOf, type Origin, type Table } from "../../host/backup/manifest";
import { backupCommand } from "../../util/commands";
import { sizeText } from "../../util/sizeText";

/** A backup in the output of `npm run --silent backups -- --json`. */
export interface BackupJson {
  readonly file: string;
  readonly path: string;
  /** ISO 8601. */
  readonly at: string;
  readonly good: boolean;
  /** Why it is not good. */
  readonly damage?: string;
  readonly bytes?: number;
  readonly tables?: number;
  readonly rows?: number;
  readonly why?: string;
  readonly by?: string;
  /** Relation of its database to this install's own. */
  readonly origin?: Origin;
}

/** Note on a backup that is not known to be the install's own. */
const originNotes: Readonly<Record<Origin, string>> = {
  own: "",
  other: ", from another database",
  unknown: ", from a database that is not known",
};

/** Describes a backup for JSON. Pure. @param own the install's database; undefined where it cannot be read */
export function backupJson(
  { file, path, at, damage, manifest }: Backup,
  own: DatabaseIdentity | undefined,
): BackupJson {
  return {
    file,
    path,
    at: new Date(at).toISOString(),
    good: damage === undefined,
    damage,
    ...(manifest && {
      bytes: manifest.bytes,
      tables: manifest.tables.length,
      rows: rowsOf(manifest),
      why: manifest.why,
      by: manifest.by,
      origin: own === undefined ? "unknown" : originOf(manifest, own),
    }),
  };
}

/**
 * Describes backups as text. Pure.
 * @param now in milliseconds
 * @param own the install's database; without it no note says which database a backup is from
 */
export function backupTable(
  backups: readonly Backup[],
  folder: string,
  now: number,
  own: DatabaseIdentity | undefined,
): string {
  if (backups.length === 0) return `No backups in ${folder}.\n  type: ${backupCommand()}`;
  return [
    `In ${folder}:`,
    ...backups.map(({ file, at, damage, manifest }) => {
      if (damage !== undefined || manifest === undefined) return `${file}  DAMAGED: ${damage}`;
      const note = own === undefined ? "" : originNotes[originOf(manifest, own)];
      const age = isInFuture(at, now) ? "dated in the future" : `${ageText(now - at)} old`;
      return `${file}  ${age}, ${sizeText(manifest.bytes)}, ${contentsText(manifest)} (${manifest.why})${note}`;
    }),
  ].join("\n");
}

/** Renders contents as `13 tables, 5,073 rows`. Pure. */
export function contentsText(manifest: { readonly tables: readonly Table[] }): string {
  return `${manifest.tables.length} tables, ${rowsOf(manifest).toLocaleString("en")} rows`;
}

function rowsOf({ tables }: { readonly tables: readonly Table[] }): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}
