import * as s from "./shapes";
import { z } from "zod";
import type { Spec } from "./spec";

const everywhere = ["base", "tier1", "tier2"] as const;
const base = ["base"] as const;
const tiers = ["tier1", "tier2"] as const;
const tier2 = ["tier2"] as const;

type Specs = Readonly<Record<string, Spec>>;

const secret = (least: number) => ({ secret: true as const, schema: s.secretText(least) });
const headerSecret = (least: number) => ({ secret: true as const, schema: s.headerSecret(least) });

/** Settings of this module itself: what it runs, where, and how long it waits. Camel case in Pulumi config. */
const own = {
  tier: {
    variable: "SCANI_TIER",
    stacks: everywhere,
    required: true,
    example: "tier2",
    describe: "What this stack holds: base (what outlives every release), tier1 or tier2 (one release of Scani).",
    schema: z.enum(["base", "tier1", "tier2"], { message: "is none of base, tier1, tier2" }),
  },
  name: {
    variable: "SCANI_NAME",
    stacks: base,
    fallback: "scani",
    example: "scani",
    describe: "Prefix of every container, network and volume; two installs on one host need two names.",
    schema: s.resourceName,
  },
  baseStack: {
    variable: "SCANI_BASE_STACK",
    stacks: tiers,
    example: "base",
    describe: "Stack that holds the base. Without it: this stack's name with its tier replaced by base.",
    schema: s.text.regex(/^[\w.-]{1,100}$/, { message: "is not a stack name" }),
  },
  dockerHost: {
    variable: "DOCKER_HOST",
    stacks: everywhere,
    example: "ssh://root@scani.internal",
    describe: "Docker engine to use. Without it: the current Docker context, else the local socket.",
    schema: s.dockerHost,
  },
  keepWarm: {
    variable: "SCANI_KEEP_WARM",
    stacks: tiers,
    fallback: "false",
    example: "true",
    describe:
      "Leave the other tier's api, frontend-app and data-provider running after a switch, so that rolling back is only the flip.",
    schema: s.flag,
  },
  drainTimeout: {
    variable: "SCANI_DRAIN_TIMEOUT",
    stacks: tiers,
    fallback: "90",
    example: "90",
    describe: "Seconds a request begun before the flip may still take.",
    schema: s.wholeNumber(1, 3600),
  },
  readyTimeout: {
    variable: "SCANI_READY_TIMEOUT",
    stacks: tiers,
    fallback: "120",
    example: "120",
    describe: "Seconds a service of the new release may take until it is ready.",
    schema: s.wholeNumber(1, 3600),
  },
  migrationTimeout: {
    variable: "SCANI_MIGRATION_TIMEOUT",
    stacks: tiers,
    fallback: "3600",
    example: "3600",
    describe: "Seconds the database's migration may take before it is stopped.",
    schema: s.wholeNumber(1, 86_400),
  },
  soak: {
    variable: "SCANI_SOAK",
    stacks: tiers,
    fallback: "5",
    example: "5",
    describe:
      "Seconds the new release is watched after the flip; should it fail, the old one takes over again. 0 turns it off.",
    schema: s.wholeNumber(0, 600),
  },
  carryFiles: {
    variable: "SCANI_CARRY_FILES",
    stacks: tiers,
    example: "yes",
    describe:
      "Whether a switch to this tier copies users' files to where it looks for them: yes, or no, which leaves them where they are and this tier without them. Where nothing is said, a switch to tier 2, whose bucket is somebody else's, is refused while there are files, and the way back to tier 1 brings them.",
    schema: s.yesOrNo,
  },
  minimumFreeDisk: {
    variable: "SCANI_MINIMUM_FREE_DISK",
    stacks: tiers,
    fallback: "1024",
    example: "1024",
    describe:
      "MiB that must be free on the engine's disk before a switch: room for a backup and for what a new release writes.",
    schema: s.wholeNumber(1, 1048576),
  },
  protectData: {
    variable: "SCANI_PROTECT_DATA",
    stacks: base,
    fallback: "true",
    example: "true",
    describe: "Refuse to delete the data volumes, whatever is destroyed. False only for throwaway installs.",
    schema: s.flag,
  },
  backupDirectory: {
    variable: "SCANI_BACKUP_DIRECTORY",
    stacks: base,
    fallback: "backups",
    example: "/var/backups/scani",
    describe:
      "Folder for the backups, on the machine the commands run on; a relative one begins at the project's folder.",
    schema: s.folder,
  },
  backupMaxAge: {
    variable: "SCANI_BACKUP_MAX_AGE",
    stacks: base,
    fallback: "24",
    example: "24",
    describe: "Hours after which a switch makes a new backup, whether a migration is pending or not.",
    schema: s.wholeNumber(0, 87600),
  },
  backupsKept: {
    variable: "SCANI_BACKUPS_KEPT",
    stacks: base,
    fallback: "7",
    example: "7",
    describe: "How many good backups are kept.",
    schema: s.wholeNumber(1, 10000),
  },
  subnet: {
    variable: "SCANI_SUBNET",
    stacks: base,
    example: "10.213.7.0/24",
    describe:
      "Private IPv4 block for the fixed addresses of base's services. Without it: a new install gets a free one and keeps it.",
    schema: s.privateSubnet,
  },
  publishGateway: {
    variable: "SCANI_PUBLISH_GATEWAY",
    stacks: base,
    fallback: "true",
    example: "false",
    describe: "Publish the gateway's port. False only while something else still has it.",
    schema: s.flag,
  },
  portHolder: {
    variable: "SCANI_PORT_HOLDER",
    stacks: base,
    example: "scani_frontend-app_1",
    describe:
      "Container that has the gateway's port for now: the gateway is made with the port, and started when that one has stopped.",
    schema: s.dockerName,
  },
  frontNetworks: {
    variable: "SCANI_FRONT_NETWORKS",
    stacks: base,
    example: "scani_default",
    describe:
      "Docker networks, separated by commas, on which a proxy reaches Scani's page by name: the gateway answers there.",
    schema: s.dockerNames,
  },
  frontNames: {
    variable: "SCANI_FRONT_NAMES",
    stacks: base,
    fallback: "frontend-app",
    example: "frontend-app,scani_frontend-app_1",
    describe: "Names, separated by commas, the gateway has on frontNetworks.",
    schema: s.dockerNames,
  },
  borrowedPostgres: {
    variable: "SCANI_BORROWED_POSTGRES",
    stacks: base,
    example: "scani_postgres_1",
    describe: "Container whose Postgres base uses and does not own, as while an existing install is adopted.",
    schema: s.dockerName,
  },
  postgresVolume: {
    variable: "SCANI_POSTGRES_VOLUME",
    stacks: base,
    example: "scani_postgres-data",
    describe: "Existing volume the bundled Postgres keeps its data in. Without it base makes its own.",
    schema: s.dockerName,
  },
  postgresFolder: {
    variable: "SCANI_POSTGRES_FOLDER",
    stacks: base,
    example: "scani",
    describe:
      "Folder of postgresVolume the data is in; up moves it there, with requests held. Without it: the volume itself.",
    schema: s.dockerName,
  },
  acceptedSecrets: {
    variable: "SCANI_ACCEPTED_SECRETS",
    stacks: everywhere,
    example: "POSTGRES_PASSWORD",
    describe: "Secrets, by name and separated by commas, that are taken although they are short or published.",
    schema: s.text.regex(/^[A-Z0-9_]+(,[A-Z0-9_]+)*$/, { message: "is no list of settings' names" }),
  },
  bindAddress: {
    variable: "SCANI_BIND_ADDRESS",
    stacks: base,
    fallback: "0.0.0.0",
    example: "127.0.0.1",
    describe: "IPv4 address the gateway's port is published on.",
    schema: s.ipv4Address,
  },
  postgresImage: {
    variable: "SCANI_POSTGRES_IMAGE",
    stacks: base,
    fallback: "postgres:16-alpine",
    example: "postgres:16-alpine",
    describe: "Image of the bundled Postgres.",
    schema: s.pinnedImage,
  },
  redisImage: {
    variable: "SCANI_REDIS_IMAGE",
    stacks: base,
    fallback: "redis:7-alpine",
    example: "redis:7-alpine",
    describe: "Image of the bundled Redis.",
    schema: s.pinnedImage,
  },
  storageImage: {
    variable: "SCANI_STORAGE_IMAGE",
    stacks: base,
    fallback: "versity/versitygw:v1.8.0",
    example: "versity/versitygw:v1.8.0",
    describe: "Image of the bundled S3 server (Versity S3 Gateway).",
    schema: s.pinnedImage,
  },
  mailImage: {
    variable: "SCANI_MAIL_IMAGE",
    stacks: base,
    fallback: "axllent/mailpit:v1.27.11",
    example: "axllent/mailpit:v1.27.11",
    describe: "Image of the bundled mail catcher.",
    schema: s.pinnedImage,
  },
  gatewayImage: {
    variable: "SCANI_GATEWAY_IMAGE",
    stacks: base,
    fallback: "basecamp/kamal-proxy:v0.9.2",
    example: "basecamp/kamal-proxy:v0.9.2",
    describe: "Image of the gateway (kamal-proxy).",
    schema: s.pinnedImage,
  },
  postgresMemory: {
    variable: "SCANI_POSTGRES_MEMORY",
    stacks: base,
    fallback: "1024",
    example: "2048",
    describe: "Memory limit of the bundled Postgres, MiB.",
    schema: s.wholeNumber(128, 1048576),
  },
  apiMemory: {
    variable: "SCANI_API_MEMORY",
    stacks: tiers,
    fallback: "1024",
    example: "1024",
    describe: "Memory limit of the api, MiB.",
    schema: s.wholeNumber(128, 1048576),
  },
  workerMemory: {
    variable: "SCANI_WORKER_MEMORY",
    stacks: tiers,
    fallback: "1024",
    example: "1024",
    describe: "Memory limit of the worker, MiB.",
    schema: s.wholeNumber(128, 1048576),
  },
  imageRepository: {
    variable: "SCANI_IMAGE_REPOSITORY",
    stacks: tiers,
    fallback: "scani",
    example: "scani",
    describe: "Where Scani's images are: <repository>/api, <repository>/worker, …",
    schema: s.text.regex(/^[a-z0-9][a-z0-9._:/-]{0,199}$/, { message: "is not an image repository" }),
  },
} as const satisfies Specs;

/**
 * Scani's own variables that every release of both tiers needs. Base holds them and hands them over under their own
 * names, so a switch cannot change them.
 */
const platform = {
  ENCRYPTION_KEY: {
    stacks: base,
    generated: true,
    ...secret(32),
    example: "$(openssl rand -hex 32)",
    describe: "Key of the stored credentials. Never change it: every stored credential would be unreadable.",
  },
  BETTER_AUTH_SECRET: {
    stacks: base,
    generated: true,
    ...secret(32),
    example: "$(openssl rand -hex 32)",
    describe: "Signs the sessions. A new value signs every user out.",
  },
  JOBS_HMAC_SECRET: {
    stacks: base,
    generated: true,
    ...secret(32),
    example: "$(openssl rand -hex 32)",
    describe: "Signs the operator's calls to the job endpoints.",
  },
  LOG_ID_PEPPER: {
    stacks: base,
    generated: true,
    ...secret(16),
    example: "$(openssl rand -hex 32)",
    describe: "Hashes user ids in the logs.",
  },
  DATA_PROVIDER_API_KEY: {
    stacks: base,
    generated: true,
    ...headerSecret(16),
    example: "$(openssl rand -hex 32)",
    describe: "Key of the local data-provider on tier 1.",
  },
  DATA_PROVIDER_API_KEY_EXPIRES_AT: {
    stacks: base,
    schema: s.moment,
    example: "2030-01-01T00:00:00Z",
    describe: "When the local data-provider stops taking its key; leave it out unless you rotate the key by hand.",
  },
  SCREENSHOT_BOT_SECRET: {
    stacks: base,
    ...secret(32),
    example: "$(openssl rand -hex 32)",
    describe: "Lets the screenshot bot sign in; leave it out unless you run one.",
  },
  VAPID_PRIVATE_KEY: {
    stacks: base,
    generated: true,
    secret: true,
    schema: s.vapidPrivateKey,
    example: "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
    describe: "Signs Web Push messages (P-256, base64url). A new one ends every subscription.",
  },
  VAPID_PUBLIC_KEY: {
    stacks: base,
    derived: true,
    schema: s.vapidPublicKey,
    example: "BG_wO5SSQc4drdQ1GeaWDgqFtBppoFwygQOqK84VlMoWPE91OlW_AdxT9sCwx-7ni0DG_30lqW4igrmJzvccFEo",
    describe: "Public half of VAPID_PRIVATE_KEY, from which it follows; give both or neither.",
  },
  VAPID_SUBJECT: {
    stacks: base,
    derived: true,
    schema: s.pushContact,
    example: "mailto:admin@example.org",
    describe: "Whom push services contact. Without it: FRONTEND_URL where that is https, else SMTP_FROM's address.",
  },
  FRONTEND_URL: {
    stacks: base,
    derived: true,
    schema: s.publicUrl,
    example: "https://scani.example.org",
    describe: "Public address of the page. Without it: http://localhost, with FRONTEND_PORT where that is not 80.",
  },
  BACKEND_URL: {
    stacks: base,
    derived: true,
    schema: s.publicUrl,
    example: "https://scani.example.org",
    describe: "Public address of the api, without a path. Without it: FRONTEND_URL.",
  },
  COOKIE_DOMAIN: {
    stacks: base,
    example: "example.org",
    schema: s.cookieDomain,
    describe: "Domain of the session cookie, where page and api have different hosts.",
  },
  DATABASE_URL: {
    stacks: base,
    derived: true,
    secret: true,
    schema: s.databaseUrl,
    example: "postgres://scani:PASSWORD@db.example.org:5432/scani?sslmode=verify-full",
    describe: "Managed Postgres. Without it Postgres is bundled.",
  },
  REDIS_URL: {
    stacks: base,
    derived: true,
    secret: true,
    schema: s.serverUrl("redis", "rediss"),
    example: "rediss://:PASSWORD@redis.example.org:6379",
    describe: "Managed Redis. Without it Redis is bundled.",
  },
  S3_ENDPOINT: {
    stacks: base,
    derived: true,
    schema: s.url("http", "https"),
    example: "https://s3.example.org",
    describe: "Managed S3. Without it an S3 server is bundled.",
  },
  S3_PUBLIC_ENDPOINT: {
    stacks: base,
    schema: s.url("http", "https"),
    example: "https://s3.example.org",
    describe:
      "Address of the same S3 as a browser reaches it. Without it: FRONTEND_URL where S3 is bundled, through the gateway; else S3_ENDPOINT.",
  },
  S3_ACCESS_KEY_ID: {
    stacks: base,
    generated: true,
    schema: s.text.regex(/^[!-~]{1,128}$/, { message: "is not an access key id" }).regex(/^[^/,=]*$/, {
      message: "holds one of / , = which S3's signatures use themselves",
    }),
    example: "AKIAEXAMPLE",
    describe: "Access key of the S3 server; required with S3_ENDPOINT.",
  },
  S3_SECRET_ACCESS_KEY: {
    stacks: base,
    generated: true,
    ...secret(8),
    example: "$(openssl rand -hex 32)",
    describe: "Secret key of the S3 server; required with S3_ENDPOINT.",
  },
  S3_BUCKET: {
    stacks: base,
    fallback: "job-uploads",
    example: "job-uploads",
    schema: s.text.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, { message: "is not a bucket name" }),
    describe: "Bucket of the uploads.",
  },
  S3_REGION: {
    stacks: base,
    fallback: "auto",
    example: "eu-central-1",
    schema: s.text.regex(/^[\w-]{1,64}$/, { message: "is not a region" }),
    describe: "Region the S3 requests are signed for.",
  },
  SMTP_URL: {
    stacks: base,
    secret: true,
    schema: s.mailServer,
    example: "smtps://user:PASSWORD@mail.example.org:465",
    describe:
      "Mail server. Without it, and without FASTMAIL_API_TOKEN, a mail catcher is bundled, which delivers nothing.",
  },
  SMTP_FROM: {
    stacks: base,
    fallback: "no-reply@scani.local",
    schema: s.sender,
    example: "no-reply@example.org",
    describe: "Sender of Scani's mail.",
  },
  FASTMAIL_API_TOKEN: {
    stacks: base,
    ...headerSecret(8),
    example: "fmu1-…",
    describe: "Send mail over Fastmail instead of SMTP.",
  },
} as const satisfies Specs;

/** Settings of base's own services; no release reads these. */
const bundled = {
  FRONTEND_PORT: {
    stacks: base,
    fallback: "8080",
    schema: s.wholeNumber(1, 65535),
    example: "8081",
    describe: "Port the gateway publishes: the only one open to the network.",
  },
  POSTGRES_USER: {
    stacks: base,
    fallback: "scani",
    example: "scani",
    schema: s.text.regex(/^\w[\w.-]{0,62}$/, {
      message: "is no role name of letters, digits, _ . and -, 63 at most",
    }),
    describe: "Role in the bundled Postgres.",
  },
  POSTGRES_DB: {
    stacks: base,
    fallback: "scani",
    example: "scani",
    schema: s.text.regex(/^\w[\w.-]{0,62}$/, {
      message: "is no database name of letters, digits, _ . and -, 63 at most",
    }),
    describe: "Database in the bundled Postgres.",
  },
  POSTGRES_PASSWORD: {
    stacks: base,
    generated: true,
    ...secret(8),
    example: "$(openssl rand -hex 32)",
    describe: "Password of the bundled Postgres.",
  },
  REDIS_PASSWORD: {
    stacks: base,
    generated: true,
    ...secret(16),
    example: "$(openssl rand -hex 32)",
    describe: "Password of the bundled Redis.",
  },
  MAILPIT_UI_PORT: {
    stacks: base,
    fallback: "8026",
    schema: s.wholeNumber(1, 65535),
    example: "8027",
    describe: "Loopback port of the mail catcher's page.",
  },
} as const satisfies Specs;

/** Settings of one release of Scani. */
const release = {
  SCANI_IMAGE_TAG: {
    stacks: tiers,
    fallback: "0.17.1",
    schema: s.imageTag,
    example: "0.17.1",
    describe: "Tag of all five Scani images.",
  },
  SCANI_CLOUD_URL: {
    stacks: tier2,
    required: true,
    schema: s.cloudUrl,
    example: "https://data.example.org",
    describe: "Tier 2: the issued URL of the hosted data-provider. Tier 1 ignores it.",
  },
  SCANI_CLOUD_API_KEY: {
    stacks: tier2,
    required: true,
    ...headerSecret(16),
    example: "the key you were issued",
    describe: "Tier 2: the issued key. Tier 1 ignores it.",
  },
  caCertificate: {
    variable: "SCANI_CA_CERTIFICATE",
    stacks: everywhere,
    schema: s.certificate,
    example: "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----",
    file: "ca.pem",
    describe: "Certificate (PEM) of a private authority that signed the hosted endpoint's, or a managed service's.",
  },
  WORKER_CONCURRENCY: {
    stacks: tiers,
    fallback: "4",
    schema: s.wholeNumber(1, 1000),
    example: "4",
    describe: "Jobs the worker does at a time.",
  },
  LOG_LEVEL: {
    stacks: tiers,
    fallback: "info",
    example: "info",
    schema: s.logLevel,
    describe: "How much the services log.",
  },
  SENTRY_DSN: {
    stacks: tiers,
    secret: true,
    schema: s.url("https", "http"),
    example: "https://key@sentry.example.org/1",
    describe: "Where errors are reported.",
  },
  SENTRY_ENVIRONMENT: {
    stacks: tiers,
    schema: s.text,
    example: "production",
    describe: "Environment errors are filed under.",
  },
  SENTRY_RELEASE: {
    stacks: tiers,
    schema: s.text,
    example: "0.17.1",
    describe: "Release errors are filed under.",
  },
  SERVICE_VERSION: {
    stacks: tiers,
    schema: s.text,
    example: "0.17.1",
    describe: "Version the services write into their logs.",
  },
  POSTGRES_POOL_MAX: {
    stacks: tiers,
    schema: s.wholeNumber(1, 1000),
    example: "5",
    describe:
      "Connections each of api, worker and data-provider keeps to Postgres at most. Without it Scani's own 20; two releases stand side by side in a switch.",
  },
  WORKER_CONCURRENCY_CRON: {
    stacks: tiers,
    schema: s.wholeNumber(0, 1000),
    example: "2",
    describe: "Scheduled jobs among WORKER_CONCURRENCY. Without it half of them, rounded up; 0 sets no limit.",
  },
  DLQ_ALERT_THRESHOLD: {
    stacks: tiers,
    schema: s.wholeNumber(1, 1_000_000),
    example: "50",
    describe: "Failed jobs from which on the worker raises an alert. Without it 50.",
  },
  STALE_SYNC_THRESHOLD_HOURS: {
    stacks: tiers,
    schema: s.wholeNumber(1, 87_600),
    example: "3",
    describe: "Hours without a sync after which the worker raises an alert. Without it 3.",
  },
  ALERT_STALE_SYNC_HOURS: {
    stacks: tiers,
    schema: s.wholeNumber(1, 87_600),
    example: "24",
    describe: "Hours without a sync after which a user is told by mail. Without it 24.",
  },
  LOG_SQL_QUERIES: {
    stacks: tiers,
    schema: s.flag,
    example: "false",
    describe: "Log every SQL query.",
  },
  LOG_TIMESTAMP: {
    stacks: tiers,
    schema: s.flag,
    example: "true",
    describe: "Write the time into each line of the logs.",
  },
  LOG_WEBSOCKET_MESSAGES: {
    stacks: tiers,
    schema: s.flag,
    example: "true",
    describe: "Log websocket messages.",
  },
  extraEnvironment: {
    variable: "SCANI_EXTRA_ENVIRONMENT",
    stacks: tiers,
    secret: true,
    schema: s.extraEnvironment,
    example: '[{"service":"api","name":"NAME","value":"value"}]',
    describe: "Further variables of Scani's services that no setting of this module names, as JSON.",
  },
  CSP_CONNECT_SRC: {
    stacks: tiers,
    schema: s.connectSrc,
    example: "'self' https://bucket.example.org",
    describe:
      "Where the page may send requests to (connect-src of its policy). Without it: 'self', and on tier 1 a managed S3's origin. Tier 2 needs the hosted bucket's beside 'self'; the switch says which.",
  },
} as const satisfies Specs;

const providerKeys = [
  "COINGECKO_API_KEY",
  "FINNHUB_API_KEY",
  "ETHERSCAN_API_KEY",
  "HELIUS_API_KEY",
  "TRON_PRO_API_KEY",
  "TON_API_KEY",
  "OPENAI_API_KEY",
  "GOOGLE_SHEETS_ID",
  "GOOGLE_SERVICE_ACCOUNT_KEY",
  "BINANCE_OAUTH_CLIENT_ID",
  "BINANCE_OAUTH_CLIENT_SECRET",
  "BINANCE_OAUTH_REDIRECT_URI",
] as const;

type ProviderKey = (typeof providerKeys)[number];

/** Optional settings, passed to api, worker and data-provider on both tiers because the code reads them there. */
const providers = {
  ...(Object.fromEntries(
    providerKeys.map((name) => [
      name,
      {
        stacks: tiers,
        secret: true,
        schema: s.text,
        example: "the key you were given",
        describe: "Optional provider key, passed on both tiers.",
      },
    ]),
  ) as unknown as Readonly<
    Record<ProviderKey, Spec & { readonly stacks: typeof tiers; readonly secret: true; readonly schema: typeof s.text }>
  >),
  TRON_API_URL: {
    stacks: tiers,
    schema: s.url("https", "http"),
    example: "https://api.trongrid.io",
    describe: "Where Tron is asked. Without it Scani's own choice.",
  },
  TON_API_URL: {
    stacks: tiers,
    schema: s.url("https", "http"),
    example: "https://toncenter.com/api/v2",
    describe: "Where TON is asked. Without it Scani's own choice.",
  },
} as const satisfies Specs;

/** Every setting, by name, in the order `.env.example` lists them. The types of all settings follow from it. */
export const table = { ...own, ...platform, ...bundled, ...release, ...providers };

export type Table = typeof table;

/** Name of a setting, as the program and Pulumi config spell it. */
export type SettingName = keyof Table;

/** A setting with its names. */
export interface Setting extends Spec {
  /** Name in Pulumi config (`scani:<name>`); Scani's own variables keep Scani's name. */
  readonly name: SettingName;
  readonly variable: string;
}

/** A variable of Scani's that base hands to every release. */
export type PlatformVariable = keyof typeof platform;

/** Platform variable that always has a value: assumed, generated or derived by base where nobody gives it. */
export type ProvidedVariable = NamesWith<
  typeof platform,
  { fallback: string } | { generated: true } | { derived: true }
>;

/** A secret that base generates where nobody gives it. */
export type GeneratedName = NamesWith<Table, { generated: true }>;

type NamesWith<T, Property> = { [N in keyof T]: T[N] extends Property ? N : never }[keyof T];

const namesOf = <T extends object>(part: T) => Object.keys(part) as (keyof T)[];

export const platformVariables: readonly PlatformVariable[] = namesOf(platform);
export const providerVariables = namesOf(providers);

/** Returns the setting of that name. */
export function settingNamed(name: SettingName): Setting {
  const spec: Spec = table[name];
  return { name, variable: name, ...spec };
}

export const catalogue: readonly Setting[] = namesOf(table).map(settingNamed);

/** True for a secret that base generates where nobody gives it. */
export function isGenerated(name: SettingName): name is GeneratedName {
  return settingNamed(name).generated === true;
}

export const generatedNames: readonly GeneratedName[] = namesOf(table).filter(isGenerated);
