import { setTimeout as pause } from "node:timers/promises";
import type { Server } from "../server";
import { Deadline } from "../../../util/deadline";

/** A program that is connected to Scani's database. */
export interface Client {
  readonly user: string;
  /** The name it gives itself; empty where it gives none, or the server does not show it. */
  readonly application: string;
  /** Address the server sees it at; absent over the server's own socket, or where the server does not show it. */
  readonly address?: string;
  /** True where the server sees it at the same address as this module. */
  readonly beside: boolean;
}

/**
 * Query for every client of the database but the one that asks. A role without rights sees no name and kind of another
 * role's client, so one without a kind counts as well; processes without a role are the server's own.
 */
const clientQuery = `select jsonb_build_object('user', usename, 'application', coalesce(application_name, ''), 'address', host(client_addr), 'beside', coalesce(client_addr = inet_client_addr(), false))
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and usesysid is not null
  and coalesce(backend_type, 'client backend') = 'client backend'
order by client_addr, pid`;

/** Milliseconds a connection may take to end: a health check's, or one of a container that has just been stopped. */
const usualTimeout = 2_000;

/** Milliseconds between two checks. */
const pollInterval = 200;

/**
 * Reads which clients of Scani's database stay connected.
 * @param counts returns whether a client is one of those that are looked for
 * @param timeout milliseconds they may take to go
 */
export async function lastingClients(
  server: Server,
  counts: (client: Client) => boolean,
  timeout = usualTimeout,
): Promise<Client[]> {
  for (const deadline = new Deadline(timeout); ; await pause(pollInterval)) {
    const rows = await server.query<Omit<Client, "address"> & { address: string | null }>(clientQuery);
    const found = rows.map(({ address, ...rest }): Client => ({ ...rest, address: address ?? undefined }));
    const lasting = found.filter(counts);
    if (lasting.length === 0 || deadline.isOver) return lasting;
  }
}

/**
 * Describes clients, those of one program at one address once: `psql as scani at 172.18.0.5 (3 connections)`. Pure.
 * @param nameAt returns the name of what has an address, where that is known
 */
export function describeClients(clients: readonly Client[], nameAt: (address: string) => string | undefined): string {
  const counted = new Map<string, number>();
  for (const { user, application, address } of clients) {
    const place = address === undefined ? "" : ` at ${nameAt(address) ?? address}`;
    const text = `${application || "a program"} as ${user}${place}`;
    counted.set(text, (counted.get(text) ?? 0) + 1);
  }
  return [...counted].map(([text, count]) => (count === 1 ? text : `${text} (${count} connections)`)).join(", ");
}
