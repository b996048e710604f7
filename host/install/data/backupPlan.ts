/** Rules for making and keeping backups, as the operator set them. */
export interface BackupRules {
  /** Hours after which a switch makes a new one. */
  readonly maxAge: number;
  /** Number of good ones that are kept. */
  readonly kept: number;
}

/** Plan for the backups of an install's database. No secrets. */
export interface BackupPlan extends BackupRules {
  /** Folder of the backups as the operator gave it; a relative one begins at the project's folder. */
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
