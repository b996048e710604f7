import { setTimeout as pause } from "node:timers/promises";
import { identifier, literal, psql, type Server } from "../server";

/** Milliseconds between two rounds of ending connections. */
const pollInterval = 100;

/**
 * Renames Scani's database, and gives its name to the restored one. It is one transaction, so a kill at any moment
 * leaves either state. Connections are ended, and find the restored database when they reconnect.
 */
export async function swap(server: Server, restored: string, kept: string): Promise<void> {
  const [live, old, fresh] = [server.database, kept, restored].map(identifier);
  let renamed = false;
  const renaming = server
    .run(
      [
        ...psql,
        "-c",
        `begin; alter database ${live} rename to ${old}; alter database ${fresh} rename to ${live}; commit`,
      ],
      { database: server.maintenance },
    )
    .finally(() => {
      renamed = true;
    });
  renaming.catch(() => undefined);
  // A rename blocks new connections at once, and waits 5 s for open ones, which are ended meanwhile.
  while (!renamed) {
    // A failure here is ignored: the rename then fails over the open connections.
    await server
      .run(
        [
          ...psql,
          "-c",
          `select pg_terminate_backend(pid) from pg_stat_activity where datname in (${literal(server.database)}, ${literal(restored)})`,
        ],
        { database: server.maintenance },
      )
      .catch(() => undefined);
    await Promise.race([renaming.catch(() => undefined), pause(pollInterval)]);
  }
  await renaming.catch(async (error: unknown) => {
    // The rename may have succeeded although its answer was lost.
    const [renamedTo] = await server.query<string>(
      `select to_jsonb(datname) from pg_database where datname = ${literal(kept)}`,
      server.maintenance,
    );
    if (renamedTo === undefined) throw error;
  });
}
