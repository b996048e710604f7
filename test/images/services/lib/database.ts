import { Pool } from 'pg';
import { errorText, type Log } from './log';

/** A pool that outlives a restart of the database: a lost connection is logged and the next query opens another. */
export function openDatabase(url: string, log: Log, max = 10): Pool {
  const pool = new Pool({ connectionString: url, max, connectionTimeoutMillis: 5000 });
  pool.on('error', (error) => log.warn('Database connection lost, the next query reconnects', { error: errorText(error) }));
  return pool;
}
