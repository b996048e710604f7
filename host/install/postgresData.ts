/** Where the bundled Postgres keeps its data, on a volume of its own. */
export const postgresDataPath = "/var/lib/postgresql/data";
