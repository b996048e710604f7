import type { BackupPlan } from "./backupPlan";

/** What base gives every release, in plain form. Holds secrets: it only ever travels as one Pulumi secret. */
export interface Platform {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly s3: {
    endpoint: string;
    publicEndpoint: string;
    accessKeyId: string;
    secretAccessKey: string;
    bucket: string;
    region: string;
  };
  /** Absent when mail goes over Fastmail. */
  readonly smtpUrl?: string;
  readonly smtpFrom: string;
  readonly fastmailToken?: string;
  readonly frontendUrl: string;
  readonly backendUrl: string;
  readonly cookieDomain?: string;
  readonly encryptionKey: string;
  readonly authSecret: string;
  readonly jobsSecret: string;
  readonly logPepper: string;
  readonly dataProviderKey: string;
  readonly screenshotBotSecret?: string;
}

/** Where a release plugs in. No secrets. */
export interface Sockets {
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
  readonly services: readonly { readonly service: string; readonly container: string; readonly volume?: string }[];
  /** How the database is backed up. */
  readonly backups: BackupPlan;
}
