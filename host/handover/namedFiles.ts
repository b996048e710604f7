import { psql, withServer, type Database } from "../backup/server";
import type { Engine } from "../engine/engine";
import { namedQueries, parseNamed, type NamedFile } from "../files/named";

/**
 * Reads every file the database names.
 * @param pull true if the image whose tools read a managed database may be pulled; a preview pulls nothing
 */
export function readNamed(engine: Engine, database: Database, pull = true): Promise<NamedFile[]> {
  return withServer(
    engine,
    database,
    async (server) => parseNamed(await server.run(psql, { input: namedQueries })),
    pull,
  );
}
