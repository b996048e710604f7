import type { Settings } from "../../settings";
import type { Platform, Sockets } from "./platform";
import { bundles, replaceable } from "./bundled";
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

/** Services of base that have a volume, and may be somebody else's. */
const withVolume = ["postgres", "redis", "storage"] as const;

/** Where the data of an install will be, as base's settings say. Pure. */
export function dataPlaceOf(settings: Settings<"base">): DataPlace {
  const install = settings.name;
  const bundled = withVolume.filter((service) => bundles(settings, service));
  return {
    install,
    volumes: [...bundled, "gateway"].map((service) => volumeNameOf(install, service)),
    postgres: bundled.includes("postgres")
      ? {
          container: containerName(install, "postgres"),
          volume: volumeNameOf(install, "postgres"),
          role: settings.POSTGRES_USER,
          database: settings.POSTGRES_DB,
          image: settings.postgresImage,
        }
      : undefined,
  };
}

/** Services of base's own that hold what no other copy of it has. Pure. */
export function dataServicesOf(settings: Settings<"base">): string[] {
  return withVolume.filter((service) => bundles(settings, service) && replaceable[service].holdsData);
}

/** Where the data of a base that is up is. Pure. */
export function dataPlaceOfBase({ install, services }: Sockets, { DATABASE_URL }: Platform): DataPlace {
  const volumes = services.flatMap(({ volume }) => volume ?? []);
  const postgres = services.find(({ service }) => service === "postgres");
  if (postgres?.volume === undefined) return { install, volumes };
  const { username, pathname } = new URL(DATABASE_URL);
  return {
    install,
    volumes,
    postgres: { container: postgres.container, volume: postgres.volume, role: username, database: pathname.slice(1) },
  };
}

/** Password of the bundled Postgres, as base wrote it into the URL. Pure. */
export function bundledPassword({ DATABASE_URL }: Platform): string {
  return decodeURIComponent(new URL(DATABASE_URL).password);
}
