import type { LoadRequest } from "../load";
import type { Papers } from "./papers";
import type { Jobs, Session } from "./session";
import type { Procedures } from "./statement";

/** Scani as a rehearsal uses it. Requests of its users go through the gateway, as a browser's do. */
export interface RehearsedScani {
  /** Signs a user in, and keeps an encrypted credential of theirs. */
  seedUser(name: string): Promise<Session>;
  /** Returns true when the session is still valid and the credential can still be read. */
  stillKnows(session: Session): Promise<boolean>;
  addRow(text: string): Promise<void>;
  /** Counts the rows of `addRow` and the load's POSTs, each of which writes one. */
  rows(): Promise<number>;
  /** Queues jobs that keep the worker busy while the tiers are switched. */
  sendJobs(): Promise<void>;
  jobs(): Promise<Jobs>;
  /** Returns the procedures of the api, as the page of a session calls them. */
  procedures(session: Session): Procedures;
  /** Files that users upload. */
  readonly papers: Papers;
  /** Returns the load: reading and writing, page and api. Every POST writes one row. */
  requests(): LoadRequest[];
}
