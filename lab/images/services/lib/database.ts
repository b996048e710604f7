import { Client, Pool, type ClientConfig } from "pg";
import { errorText, type Log } from "./log";

/**
 * As Scani's own client does: to connect may take ten seconds, to wait for a connection that is in use has no limit.
 */
class PatientClient extends Client {
  constructor(config?: ClientConfig) {
    super({ ...config, connectionTimeoutMillis: 10_000 });
  }
}

/** A pool that outlives a restart of the database: a lost connection is logged and the next query opens another. */
export function openDatabase(url: string, log: Log, max = 10): Pool {
  const pool = new Pool({ connectionString: url, max, Client: PatientClient });
  pool.on("error", (error) =>
    log.warn("Database connection lost, the next query reconnects", { error: errorText(error) }),
  );
  return pool;
}
