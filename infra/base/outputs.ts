import * as pulumi from "@pulumi/pulumi";
import { containerName } from "../../host/install/names/containerName";
import { networkName } from "../../host/install/network/addresses";
import type { BaseOutputs, BaseServiceOutput, Platform } from "../../host/install/platform";
import type { EngineIdentity } from "../../host/install/presence";
import { localUploads } from "../../host/install/storage/connectSrc";
import { vapidPublicKey, type Settings } from "../../settings";
import { renderBlock, type Block } from "../../util/ipv4";
import type { DescribedBase } from "./describe";
import { derivedAddresses, localAddress, platformOf } from "./platform";
import type { Secrets } from "./secrets";

/** Builds the output `platform`: what base hands to every release, as one secret. */
export function platformOutput(
  settings: Settings<"base">,
  secrets: Secrets,
  { postgres, urls, bucket }: DescribedBase,
): pulumi.Output<Platform> {
  const derived = derivedAddresses(settings);
  return platformOf(settings, secrets, {
    ...derived,
    DATABASE_URL: postgres?.url,
    REDIS_URL: urls.redis,
    S3_ENDPOINT: urls.storage,
    S3_PUBLIC_ENDPOINT: bucket && derived.S3_PUBLIC_ENDPOINT,
    SMTP_URL: urls.mail,
    VAPID_PUBLIC_KEY: secrets.get("VAPID_PRIVATE_KEY").apply((key) => vapidPublicKey(key) ?? ""),
  });
}

/** Facts of base that are known once it is up, besides what it is described with. */
export interface BaseUp {
  readonly engine: EngineIdentity;
  readonly subnet?: Block;
  /** Identity of the database, as far as it is known. */
  readonly database: Pick<BaseOutputs, "cluster" | "managed">;
  /** Name of base's Pulumi stack. */
  readonly stack: string;
  readonly services: readonly BaseServiceOutput[];
}

/** Builds the output `sockets`. Pure. */
export function baseOutputs(
  settings: Settings<"base">,
  { postgres, urls }: DescribedBase,
  { engine, subnet, database, stack, services }: BaseUp,
): BaseOutputs {
  const edge = networkName(settings.name, "edge");
  return {
    install: settings.name,
    networks: {
      edge,
      data: networkName(settings.name, "data"),
      mail: urls.mail === undefined ? undefined : networkName(settings.name, "mail"),
    },
    gateway: containerName(settings.name, "gateway"),
    subnet: subnet && renderBlock(subnet),
    address: localAddress(settings.FRONTEND_PORT),
    stack,
    uploads: localUploads(settings, derivedAddresses(settings).FRONTEND_URL),
    engine,
    cluster: database.cluster,
    managed: database.managed,
    services,
    backups: {
      directory: settings.backupDirectory,
      maxAge: settings.backupMaxAge,
      kept: settings.backupsKept,
      postgres: postgres?.container,
      image: settings.postgresImage,
      // The data network has no way out, and a managed Postgres is outside it.
      network: edge,
      authority: settings.caCertificate,
    },
  };
}
