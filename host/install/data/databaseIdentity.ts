import { loginOf } from "./databaseUrl";

/** Identity of a database, which tells it apart from others of its server and of other servers. */
export interface DatabaseIdentity {
  /** Identity of its cluster, given when that was created; absent where the server does not report it. */
  readonly cluster?: string;
  readonly database: string;
}

/** A database on somebody else's server. No secrets. */
export interface ManagedDatabase extends DatabaseIdentity {
  /** `host:port`. Compared where the cluster is not known: it may change while the database stays the same. */
  readonly address: string;
}

/** Returns the identity of a managed database, as far as its URL tells it. Pure. */
export function managedDatabaseAt(url: string): ManagedDatabase {
  const { hostname, port } = new URL(url);
  return { database: loginOf(url).database, address: `${hostname}:${port || "5432"}` };
}

/** True for the same database: of one cluster or, where that is not known of both, at one address. Pure. */
export function isSameDatabase(one: ManagedDatabase, other: ManagedDatabase): boolean {
  if (one.database !== other.database) return false;
  return one.cluster === undefined || other.cluster === undefined
    ? one.address === other.address
    : one.cluster === other.cluster;
}
