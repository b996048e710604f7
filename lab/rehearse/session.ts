/** Number of jobs that were sent, and of those done once, twice and never. */
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
