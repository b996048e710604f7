import { backupCommand } from "../../util/commands";
import { ageText } from "../../host/backup/due";
import type { Backup } from "../../host/backup/folder";
import { sizeText, type Manifest } from "../../host/backup/manifest";

/** What `npm run backups -- --json` says of a backup. */
export interface BackupJson {
  readonly file: string;
  readonly path: string;
  /** ISO 8601. */
  readonly at: string;
  readonly good: boolean;
  /** Why it is not. */
  readonly damage?: string;
  readonly bytes?: number;
  readonly tables?: number;
  readonly rows?: number;
  readonly why?: string;
  readonly by?: string;
}

/** One backup as JSON. Pure. */
export function backupJson({ file, path, at, damage, manifest }: Backup): BackupJson {
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
    }),
  };
}

/** Backups in lines for a person. Pure. */
export function backupTable(backups: readonly Backup[], folder: string, now: number): string {
  if (backups.length === 0) return `No backups in ${folder}.\n  type: ${backupCommand()}`;
  return [
    `In ${folder}:`,
    ...backups.map(
      ({ file, at, damage, manifest }) =>
        `${file}  ${damage !== undefined || manifest === undefined ? `DAMAGED: ${damage}` : `${ageText(now - at)} old, ${sizeText(manifest.bytes)}, ${contentsText(manifest)} (${manifest.why})`}`,
    ),
  ].join("\n");
}

/** `13 tables, 5,073 rows`. Pure. */
export function contentsText(manifest: Manifest): string {
  return `${manifest.tables.length} tables, ${rowsOf(manifest).toLocaleString("en")} rows`;
}

function rowsOf({ tables }: Manifest): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}
