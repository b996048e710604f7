import { plainText, type Settings } from "../../../settings";
import { networkName } from "../network/addresses";
import type { Platform, BaseOutputs } from "../platform";
import { bundles, declares, replaceable } from "../services/bundled";
import { containerName, volumeNameOf } from "../names/containerName";
import { loginOf } from "./databaseUrl";
import { postgresDataIn } from "./postgresData";

/** Location of an install's data. */
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
    /** Path of the data in its container; absent where this stack does not decide it. */
    readonly path?: string;
    /** Image it is to run on; absent where this stack does not decide it. */
    readonly image?: string;
  };
  /** The database on somebody else's server; absent where Postgres is bundled or borrowed. */
  readonly managed?: ManagedPlace;
}

/** Access to a managed database. */
export interface ManagedPlace {
  /** Contains the password. */
  readonly url: string;
  /** Image with psql. */
  readonly image: string;
  /** Network from which it is reached. */
  readonly network: string;
  /** Certificate of a private authority, PEM, that may have signed the server's. */
  readonly authority?: string;
}

/** Services of base that have a volume, and may be managed. */
const withVolume = ["postgres", "redis", "storage"] as const;

/** Derives from base's settings where the data of an install will be. Pure. */
export function dataPlaceOf(settings: Settings<"base">): DataPlace {
  const install = settings.name;
  const declared = withVolume.filter((service) => declares(settings, service));
  return {
    install,
    volumes: [...declared, "gateway"].map((service) => volumeIn(settings, service)),
    postgres: bundles(settings, "postgres") ? postgresPlace(settings, volumeIn(settings, "postgres")) : undefined,
    managed: managedPlace(settings),
  };
}

/** Returns the volume of one of base's services. Pure. */
export function volumeIn({ name, postgresVolume }: Settings<"base">, service: string): string {
  return service === "postgres" && postgresVolume !== undefined ? postgresVolume : volumeNameOf(name, service);
}

function managedPlace({ name, DATABASE_URL, postgresImage, caCertificate }: Settings<"base">): DataPlace["managed"] {
  const url = plainText(DATABASE_URL);
  if (url === undefined) return undefined;
  return { url, image: postgresImage, network: networkName(name, "edge"), authority: caCertificate };
}

/** Returns where the bundled or borrowed Postgres is; of a borrowed one only its container is used. */
function postgresPlace(settings: Settings<"base">, volume: string): DataPlace["postgres"] {
  const login = { role: settings.POSTGRES_USER, database: settings.POSTGRES_DB };
  const { borrowedPostgres: borrowed, postgresImage: image } = settings;
  if (borrowed !== undefined) return { container: borrowed, volume: `of ${borrowed}`, ...login };
  const path = postgresDataIn(settings.postgresFolder);
  return { container: containerName(settings.name, "postgres"), volume, path, image, ...login };
}

/** Returns base's own services that hold data no other copy of theirs has. Pure. */
export function dataServicesOf(settings: Settings<"base">): string[] {
  return withVolume.filter((service) => declares(settings, service) && replaceable[service].holdsData);
}

/** Returns where the data of a base that is up is. Pure. */
export function dataPlaceOfBase({ install, services, backups }: BaseOutputs, { DATABASE_URL }: Platform): DataPlace {
  const volumes = services.flatMap(({ volume }) => volume ?? []);
  const postgres = services.find(({ service }) => service === "postgres");
  if (postgres?.volume === undefined) {
    const { image, network, authority } = backups;
    const managed = backups.postgres === undefined ? { url: DATABASE_URL, image, network, authority } : undefined;
    return { install, volumes, managed };
  }
  const { role, database } = loginOf(DATABASE_URL);
  return {
    install,
    volumes,
    postgres: { container: postgres.container, volume: postgres.volume, role, database },
  };
}

/** Reads the password of the bundled Postgres from the URL base wrote. Pure. */
export function bundledPassword({ DATABASE_URL }: Platform): string {
  return loginOf(DATABASE_URL).password;
}
