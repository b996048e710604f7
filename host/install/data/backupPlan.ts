/** How backups are made and kept, as the operator set it. */
export interface BackupRules {
  /** Hours after which a switch makes a new one. */
  readonly maxAge: number;
  /** How many good ones are kept. */
  readonly kept: number;
}

/** How an install's database is backed up: what base knows of it. No secrets. */
export interface BackupPlan extends BackupRules {
  /** Folder of the backups as the operator gave it; relative ones begin at the project's folder. */
  readonly directory: string;
  /** Container of the bundled Postgres; absent where it is managed. */
  readonly postgres?: string;
  /** Image whose tools read a managed Postgres. */
  readonly image: string;
  /** Network from which a managed Postgres is reached. */
  readonly network: string;
  /** Certificate of a private authority, PEM, that may have signed a managed Postgres'. */
  readonly authority?: string;
}
