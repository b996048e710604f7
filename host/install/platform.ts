import type { PlatformVariable, ProvidedVariable } from "../../settings";
import type { BackupPlan } from "./data/backupPlan";
import type { ManagedDatabase } from "./data/databaseIdentity";
import type { EngineIdentity } from "./presence";

/**
 * Variables base hands to every release, by Scani's own names. Holds secrets: it only ever travels as one Pulumi
 * secret.
 */
export type Platform = { readonly [N in ProvidedVariable]: string } & {
  readonly [N in Exclude<PlatformVariable, ProvidedVariable>]?: string;
};

/** Names under which the outputs of bases made by version 0.1.0 hold these variables. */
const earlierNames: Readonly<Record<string, PlatformVariable>> = {
  databaseUrl: "DATABASE_URL",
  redisUrl: "REDIS_URL",
  endpoint: "S3_ENDPOINT",
  publicEndpoint: "S3_PUBLIC_ENDPOINT",
  accessKeyId: "S3_ACCESS_KEY_ID",
  secretAccessKey: "S3_SECRET_ACCESS_KEY",
  bucket: "S3_BUCKET",
  region: "S3_REGION",
  smtpUrl: "SMTP_URL",
  smtpFrom: "SMTP_FROM",
  fastmailToken: "FASTMAIL_API_TOKEN",
  frontendUrl: "FRONTEND_URL",
  backendUrl: "BACKEND_URL",
  cookieDomain: "COOKIE_DOMAIN",
  encryptionKey: "ENCRYPTION_KEY",
  authSecret: "BETTER_AUTH_SECRET",
  jobsSecret: "JOBS_HMAC_SECRET",
  logPepper: "LOG_ID_PEPPER",
  dataProviderKey: "DATA_PROVIDER_API_KEY",
  screenshotBotSecret: "SCREENSHOT_BOT_SECRET",
};

/** Reads base's output `platform`, also of a base that an earlier version brought up. Pure. */
export function readPlatform(output: unknown): Platform {
  const { s3, ...rest } = output as Readonly<Record<string, unknown>>;
  const entries = Object.entries({ ...rest, ...(s3 as object | undefined) });
  return Object.fromEntries(entries.map(([name, value]) => [earlierNames[name] ?? name, value])) as Platform;
}

/** Base's output `sockets`: all a release and the commands need to know of base besides `platform`. No secrets. */
export interface BaseOutputs {
  /** The install's name, and the prefix of every Docker name in it. */
  readonly install: string;
  readonly networks: { readonly edge: string; readonly data: string; readonly mail?: string };
  /** Docker name of the gateway's container. */
  readonly gateway: string;
  /** Address of the gateway on the host. */
  readonly address: string;
  /** Name of base's Pulumi stack, for commands in messages. */
  readonly stack: string;
  /** Origin a page of tier 1 uploads to. */
  readonly uploads: string;
  /** Docker names of base's containers and the volume each keeps its data in. */
  readonly services: readonly BaseServiceOutput[];
  /** The install's own subnet. Absent where an earlier version of this module brought base up. */
  readonly subnet?: string;
  /** Identity of the bundled database's cluster. Absent where an earlier version brought base up, or it is managed. */
  readonly cluster?: string;
  /** The managed database. Absent where an earlier version of this module brought base up, or it is bundled. */
  readonly managed?: ManagedDatabase;
  /** The engine base is on. Absent where an earlier version of this module brought it up. */
  readonly engine?: EngineIdentity;
  /** Plan for the backups of the database. */
  readonly backups: BackupPlan;
}

/** One service of base as its outputs name it. */
export interface BaseServiceOutput {
  readonly service: string;
  /** Docker's own id. Absent where an earlier version of this module brought base up. */
  readonly id?: string;
  /** Docker name. */
  readonly container: string;
  readonly volume?: string;
}
