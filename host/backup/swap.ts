import { setTimeout as pause } from "node:timers/promises";
import { identifier, literal, maintenance, psql, type Server } from "./server";

/** Milliseconds between two rounds of ending what is still connected. */
const again = 100;

/**
 * Gives a restored database the name Scani uses, and that one another name. Both or neither: it is one transaction, so
 * a kill at any moment leaves the one or the other. Whoever is connected is disconnected and finds the restored one
 * when it comes back.
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
      { database: maintenance },
    )
    .finally(() => {
      renamed = true;
    });
  renaming.catch(() => undefined);
  // The renaming holds newcomers up from its first moment, and waits 5 s for those who are in: these are ended
  // meanwhile.
  while (!renamed) {
    await server.run(
      [
        ...psql,
        "-c",
        `select pg_terminate_backend(pid) from pg_stat_activity where datname in (${literal(server.database)}, ${literal(restored)})`,
      ],
      { database: maintenance },
    );
    await Promise.race([renaming.catch(() => undefined), pause(again)]);
  }
  await renaming;
}
