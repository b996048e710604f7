import * as pulumi from "@pulumi/pulumi";
import type { BaseContext } from "./context";
import { postgresDataIn, postgresDataPath, postgresFolders } from "../../host/install/data/postgresData";
import { endpointsOf } from "./endpoints";
import type { BaseServiceArgs } from "./service";

/** Describes the bundled Postgres, with the URL by which a release reaches it. */
export function postgres({ settings, secrets, timestamps, addresses }: BaseContext): {
  args: BaseServiceArgs;
  url: pulumi.Output<string>;
} {
  const install = settings.name;
  const user = settings.POSTGRES_USER;
  const database = settings.POSTGRES_DB;
  const password = secrets.get("POSTGRES_PASSWORD");
  const { postgresVolume: volume, postgresFolder: folder } = settings;
  const args: BaseServiceArgs = {
    install,
    timestamps,
    image: settings.postgresImage,
    networks: endpointsOf("postgres", addresses),
    environment: {
      POSTGRES_USER: user,
      POSTGRES_DB: database,
      POSTGRES_PASSWORD: password,
      ...(folder === undefined ? {} : { PGDATA: postgresDataIn(folder) }),
    },
    health: `pg_isready -q -h 127.0.0.1 -U ${user} -d ${database}`,
    memory: settings.postgresMemory,
    // Its entrypoint starts as root, gives the data directory to postgres and steps down.
    capabilities: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
    stopSeconds: 60,
    tmpfs: postgresFolders,
    dataPath: postgresDataPath,
    volume,
    protect: settings.protectData,
  };
  const url = pulumi.interpolate`postgres://${user}:${password.apply(encodeURIComponent)}@postgres:5432/${database}?sslmode=disable`;
  return { args, url };
}
