import type * as pulumi from "@pulumi/pulumi";
import type { Limits } from "../../host/install/drift/alteration";
import type { CreationTimestamps } from "../../host/install/drift/creationTimestamps";
import { containerName } from "../../host/install/names/containerName";
import { addressesIn, networkName, subnetsIn, type BaseAddresses } from "../../host/install/network/addresses";
import type { Connection } from "../../host/install/resources";
import { bundles } from "../../host/install/services/bundled";
import { storageUrl } from "../../host/install/storage/uploads";
import type { Settings } from "../../settings";
import type { Block } from "../../util/ipv4";
import type { BaseContext } from "./context";
import { gateway } from "./gateway";
import { mail, mailUrl } from "./mail";
import { postgres } from "./postgres";
import { redis } from "./redis";
import type { Secrets } from "./secrets";
import { describeService, type BaseServiceArgs, type DescribedService } from "./service";
import { storage } from "./storage";

/** State of the engine, as far as base's services are described from it. */
export interface OnEngine {
  readonly timestamps: CreationTimestamps;
  /** The install's own subnet; absent where Docker assigns the addresses. */
  readonly subnet?: Block;
  /** Limits of the existing containers, by service. */
  readonly limits?: Readonly<Record<string, Limits>>;
  /** Image of the mail catcher, where a release still sends to it although the settings name another mail server. */
  readonly keptCatcher?: string;
}

/** Base as its settings and the engine determine it, before anything of it is declared. */
export interface DescribedBase {
  readonly addresses: Partial<BaseAddresses>;
  /** Subnet of each network that has one, by its Docker name. */
  readonly subnets: Readonly<Record<string, string>>;
  readonly gateway: DescribedService;
  /** The services that may be replaced while requests wait, in the order in which they are declared. */
  readonly services: readonly DescribedService[];
  /** The bundled Postgres, also where it is borrowed. Absent where the database is somebody else's. */
  readonly postgres?: {
    readonly container: string;
    readonly url: pulumi.Output<string>;
    readonly isBorrowed: boolean;
  };
  /** URLs at which a release reaches the services base runs itself. */
  readonly urls: { readonly redis?: pulumi.Output<string>; readonly storage?: string; readonly mail?: string };
  /** Bucket of the bundled S3 server. */
  readonly bucket?: string;
  /** Connections of containers to networks besides those they are created with. */
  readonly connections: readonly Connection[];
}

/** Describes base, and declares nothing. */
export function describeBase(
  settings: Settings<"base">,
  secrets: Secrets,
  { timestamps, subnet, limits = {}, keptCatcher }: OnEngine,
): DescribedBase {
  const install = settings.name;
  const addresses = subnet === undefined ? {} : addressesIn(subnet);
  const context: BaseContext = { settings, secrets, timestamps, addresses };
  const bundlesMail = bundles(settings, "mail");
  const catcher = bundlesMail ? settings.mailImage : keptCatcher;
  const database = bundles(settings, "postgres") ? postgres(context) : undefined;
  const cache = bundles(settings, "redis") ? redis(context) : undefined;
  const bucket = bundles(settings, "storage") ? settings.S3_BUCKET : undefined;
  const borrowed = database && settings.borrowedPostgres;

  const key = secrets.get("ENCRYPTION_KEY");
  const own: Readonly<Record<string, BaseServiceArgs | undefined>> = {
    postgres: borrowed === undefined ? database?.args : undefined,
    redis: cache?.args,
    storage: bucket === undefined ? undefined : storage(context),
    mail: catcher === undefined ? undefined : mail(context, catcher),
  };
  return {
    addresses,
    subnets: subnetsIn(install, subnet, catcher === undefined ? ["data"] : ["data", "mail"]),
    // The gateway has no digest label: adding one would replace the gateway of existing installs, with a gap.
    gateway: describeService("gateway", gateway(context), limits.gateway),
    services: Object.entries(own).flatMap(([service, args]) =>
      args === undefined ? [] : [describeService(service, args, limits[service], key)],
    ),
    postgres: database && {
      container: borrowed ?? containerName(install, "postgres"),
      url: database.url,
      isBorrowed: borrowed !== undefined,
    },
    urls: { redis: cache?.url, storage: bucket && storageUrl, mail: bundlesMail ? mailUrl : undefined },
    bucket,
    connections: [
      ...(borrowed === undefined ? [] : [borrowedConnection(install, borrowed, addresses)]),
      ...frontConnections(settings),
    ],
  };
}

/** Returns the digest of what each service is declared with, by its name. */
export function contentsOf({ services }: DescribedBase): Readonly<Record<string, pulumi.Output<string>>> {
  return Object.fromEntries(
    services.flatMap(({ service, contents }) => (contents === undefined ? [] : [[service, contents]])),
  );
}

/** Lists the services whose containers are recreated for their limits. Pure. */
export function driftedIn({ gateway: front, services }: DescribedBase): string[] {
  return [front, ...services].filter(({ drifted }) => drifted).map(({ service }) => service);
}

/** Connects somebody else's Postgres to the data network, where it answers in place of base's own. Pure. */
function borrowedConnection(install: string, container: string, { data }: Partial<BaseAddresses>): Connection {
  return {
    container,
    network: networkName(install, "data"),
    names: ["postgres"],
    address: data?.fixed.postgres,
  };
}

/** Connects the gateway to networks of others, where it answers by the names the page had there. Pure. */
function frontConnections({ name, frontNetworks, frontNames }: Settings<"base">): Connection[] {
  return (frontNetworks?.split(",") ?? []).map((network) => ({
    container: containerName(name, "gateway"),
    network,
    names: frontNames.split(","),
  }));
}
