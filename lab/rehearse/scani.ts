import type { LoadRequest } from "../load";
import type { Papers } from "./papers";

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

/** Scani as a rehearsal uses it. What its users do goes through the gateway, as a browser's requests do. */
export interface RehearsedScani {
  /** Signs a user in, and keeps an encrypted credential of theirs. */
  seedUser(name: string): Promise<Session>;
  /** True when the session still holds and the credential can still be read. */
  stillKnows(session: Session): Promise<boolean>;
  addRow(text: string): Promise<void>;
  /** How many rows there are of those that `addRow` and the load's POSTs each write one of. */
  rows(): Promise<number>;
  /** Queues jobs that keep the worker busy while the tiers are switched. */
  sendJobs(): Promise<void>;
  jobs(): Promise<Jobs>;
  /** Files that users upload. */
  readonly papers: Papers;
  /** The load: reading and writing, page and api. Every POST writes one row. */
  requests(): LoadRequest[];
}

export const json = { "content-type": "application/json" };

/** The response, when it is a good one. @throws Error with what it says */
export async function accepted(response: Response): Promise<Response> {
  if (!response.ok)
    throw new Error(`${new URL(response.url).pathname} answers ${response.status}: ${await response.text()}`);
  return response;
}

/** The cookies a response sets, as the next request sends them. */
export function cookieOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((value) => value.split(";")[0])
    .join("; ");
}
