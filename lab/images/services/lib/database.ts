import { Client, Pool, type ClientConfig } from "pg";
import { errorText, type Log } from "./log";

/**
 * Database client with the limits of Scani's own: connecting may take ten seconds, waiting for a connection in use has
 * no limit.
 */
class PatientClient extends Client {
  constructor(config?: ClientConfig) {
    super({ ...config, connectionTimeoutMillis: 10_000 });
  }
}

/**
 * Opens a pool that outlives a restart of the database: a lost connection is logged and the next query opens another.
 */
export function openDatabase(url: string, log: Log, max = 10): Pool {
  const pool = new Pool({ connectionString: url, max, Client: PatientClient });
  pool.on("error", (error) =>
    log.warn("Database connection lost, the next query reconnects", { error: errorText(error) }),
  );
  return pool;
}
