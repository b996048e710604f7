/** What became of the jobs that were sent. */
export interface Jobs {
  readonly sent: number;
  readonly once: number;
  readonly twice: number;
  readonly never: number;
}

/** A user's session. */
export interface Session {
  readonly cookie: string;
}
