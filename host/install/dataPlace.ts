import type { Settings } from "../../settings";
import type { Platform, Sockets } from "./platform";
import { containerName, volumeNameOf } from "./containerName";

/** Where the data of an install is. */
export interface DataPlace {
  readonly install: string;
  /** Volumes of the data services. */
  readonly volumes: readonly string[];
  /** The bundled Postgres; absent where somebody else runs it. */
  readonly postgres?: {
    readonly container: string;
    readonly volume: string;
    readonly role: string;
    readonly database: string;
    /** Image it is to run on; absent where that is not this stack's to say. */
    readonly image?: string;
  };
}

/** Services of base that keep data, and the setting that names somebody else's instead. */
const keepers = { postgres: "DATABASE_URL", redis: "REDIS_URL", storage: "S3_ENDPOINT", gateway: undefined };

/** Where the data of an install will be, as base's settings say. Pure. */
export function dataPlaceOf(settings: Settings): DataPlace {
  const install = settings.need("name");
  const bundled = Object.entries(keepers)
    .filter(([, external]) => external === undefined || !settings.given(external))
    .map(([service]) => service);
  return {
    install,
    volumes: bundled.map((service) => volumeNameOf(install, service)),
    postgres: bundled.includes("postgres")
      ? {
          container: containerName(install, "postgres"),
          volume: volumeNameOf(install, "postgres"),
          role: settings.need("POSTGRES_USER"),
          database: settings.need("POSTGRES_DB"),
          image: settings.need("postgresImage"),
        }
      : undefined,
  };
}

/** Where the data of a base that is up is. Pure. */
export function dataPlaceOfBase({ install, services }: Sockets, { databaseUrl }: Platform): DataPlace {
  const volumes = services.flatMap(({ volume }) => volume ?? []);
  const postgres = services.find(({ service }) => service === "postgres");
  if (postgres?.volume === undefined) return { install, volumes };
  const { username, pathname } = new URL(databaseUrl);
  return {
    install,
    volumes,
    postgres: { container: postgres.container, volume: postgres.volume, role: username, database: pathname.slice(1) },
  };
}

/** Password of the bundled Postgres, as base wrote it into the URL. Pure. */
export function bundledPassword({ databaseUrl }: Platform): string {
  return decodeURIComponent(new URL(databaseUrl).password);
}
