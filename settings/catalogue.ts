import * as s from "./shapes";
import { z } from "zod";
import type { Setting, StackKind } from "./setting";

const everywhere: readonly StackKind[] = ["base", "tier1", "tier2"];
const base: readonly StackKind[] = ["base"];
const tiers: readonly StackKind[] = ["tier1", "tier2"];

const secret = (least: number) => ({ secret: true, schema: s.secretText(least) });

/** How this module runs: what, where and how patiently. Camel case in Pulumi config. */
const own: Setting[] = [
  {
    name: "tier", variable: "SCANI_TIER", stacks: everywhere, required: everywhere, example: "tier2",
    describe: "What this stack holds: base (what outlives every release), tier1 or tier2 (one release of Scani).",
    schema: z.enum(["base", "tier1", "tier2"], { message: "is none of base, tier1, tier2" }),
  },
  {
    name: "name", variable: "SCANI_NAME", stacks: base, fallback: "scani", example: "scani",
    describe: "Prefix of every container, network and volume; two installs on one host need two names.",
    schema: s.resourceName,
  },
  {
    name: "baseStack", variable: "SCANI_BASE_STACK", stacks: tiers, example: "base",
    describe: "Stack that holds the base. Without it: this stack's name with its tier replaced by base.",
    schema: s.text.regex(/^[\w.-]{1,100}$/, { message: "is not a stack name" }),
  },
  {
    name: "dockerHost", variable: "DOCKER_HOST", stacks: everywhere, example: "ssh://root@scani.internal",
    describe: "Docker engine to use. Without it: the current Docker context, else the local socket.",
    schema: s.text.regex(/^(unix|tcp|ssh|npipe):\/\//, { message: "does not begin with unix://, tcp:// or ssh://" }),
  },
  {
    name: "keepWarm", variable: "SCANI_KEEP_WARM", stacks: tiers, fallback: "false", example: "true",
    describe: "Leave the other tier's api, frontend-app and data-provider running after a switch, so that rolling back is only the flip.",
    schema: s.flag,
  },
  {
    name: "drainTimeout", variable: "SCANI_DRAIN_TIMEOUT", stacks: tiers, fallback: "90", example: "90",
    describe: "Seconds a request begun before the flip may still take.",
    schema: s.wholeNumber(1, 3600),
  },
  {
    name: "readyTimeout", variable: "SCANI_READY_TIMEOUT", stacks: tiers, fallback: "120", example: "120",
    describe: "Seconds a service of the new release may take until it is ready.",
    schema: s.wholeNumber(1, 3600),
  },
  {
    name: "soak", variable: "SCANI_SOAK", stacks: tiers, fallback: "5", example: "5",
    describe: "Seconds the new release is watched after the flip; should it fail, the old one takes over again. 0 turns it off.",
    schema: s.wholeNumber(0, 600),
  },
  {
    name: "minimumFreeDisk", variable: "SCANI_MINIMUM_FREE_DISK", stacks: tiers, fallback: "1024", example: "1024",
    describe: "MiB that must be free on the engine's disk before a switch: room for a backup and for what a new release writes.",
    schema: s.wholeNumber(1, 1048576),
  },
  {
    name: "protectData", variable: "SCANI_PROTECT_DATA", stacks: base, fallback: "true", example: "true",
    describe: "Refuse to delete the data volumes, whatever is destroyed. False only for throwaway installs.",
    schema: s.flag,
  },
  {
    name: "backupDirectory", variable: "SCANI_BACKUP_DIRECTORY", stacks: base, fallback: "backups", example: "/var/backups/scani",
    describe: "Folder for the backups, on the machine the commands run on; a relative one begins at the project's folder.",
    schema: s.text.regex(/^[^\0\r\n]+$/, { message: "is not a folder" }),
  },
  {
    name: "backupMaxAge", variable: "SCANI_BACKUP_MAX_AGE", stacks: base, fallback: "24", example: "24",
    describe: "Hours after which a switch makes a new backup, whether a migration is pending or not.",
    schema: s.wholeNumber(0, 87600),
  },
  {
    name: "backupsKept", variable: "SCANI_BACKUPS_KEPT", stacks: base, fallback: "7", example: "7",
    describe: "How many good backups are kept.",
    schema: s.wholeNumber(1, 10000),
  },
  {
    name: "bindAddress", variable: "SCANI_BIND_ADDRESS", stacks: base, fallback: "0.0.0.0", example: "127.0.0.1",
    describe: "IPv4 address the gateway's port is published on.",
    schema: s.text.regex(/^(\d{1,3}\.){3}\d{1,3}$/, { message: "is not an IPv4 address" }),
  },
  {
    name: "postgresImage", variable: "SCANI_POSTGRES_IMAGE", stacks: base, fallback: "postgres:16-alpine",
    example: "postgres:16-alpine", describe: "Image of the bundled Postgres.", schema: s.pinnedImage,
  },
  {
    name: "redisImage", variable: "SCANI_REDIS_IMAGE", stacks: base, fallback: "redis:7-alpine",
    example: "redis:7-alpine", describe: "Image of the bundled Redis.", schema: s.pinnedImage,
  },
  {
    name: "storageImage", variable: "SCANI_STORAGE_IMAGE", stacks: base, fallback: "versity/versitygw:v1.8.0",
    example: "versity/versitygw:v1.8.0", describe: "Image of the bundled S3 server (Versity S3 Gateway).", schema: s.pinnedImage,
  },
  {
    name: "mailImage", variable: "SCANI_MAIL_IMAGE", stacks: base, fallback: "axllent/mailpit:v1.27.11",
    example: "axllent/mailpit:v1.27.11", describe: "Image of the bundled mail catcher.", schema: s.pinnedImage,
  },
  {
    name: "gatewayImage", variable: "SCANI_GATEWAY_IMAGE", stacks: base, fallback: "basecamp/kamal-proxy:v0.9.2",
    example: "basecamp/kamal-proxy:v0.9.2", describe: "Image of the gateway (kamal-proxy).", schema: s.pinnedImage,
  },
  {
    name: "postgresMemory", variable: "SCANI_POSTGRES_MEMORY", stacks: base, fallback: "1024", example: "2048",
    describe: "Memory limit of the bundled Postgres, MiB.", schema: s.wholeNumber(128, 1048576),
  },
  {
    name: "apiMemory", variable: "SCANI_API_MEMORY", stacks: tiers, fallback: "1024", example: "1024",
    describe: "Memory limit of the api, MiB.", schema: s.wholeNumber(128, 1048576),
  },
  {
    name: "workerMemory", variable: "SCANI_WORKER_MEMORY", stacks: tiers, fallback: "1024", example: "1024",
    describe: "Memory limit of the worker, MiB.", schema: s.wholeNumber(128, 1048576),
  },
  {
    name: "imageRepository", variable: "SCANI_IMAGE_REPOSITORY", stacks: tiers, fallback: "scani", example: "scani",
    describe: "Where Scani's images are: <repository>/api, <repository>/worker, …",
    schema: s.text.regex(/^[a-z0-9][a-z0-9._:/-]{0,199}$/, { message: "is not an image repository" }),
  },
];

/** Scani's own variables that every release of both tiers needs; base holds them, so a switch cannot change them. */
const kept: Setting[] = [
  { name: "ENCRYPTION_KEY", variable: "ENCRYPTION_KEY", stacks: base, generated: true, ...secret(32), example: "$(openssl rand -hex 32)",
    describe: "Key of the stored credentials. Never change it: every stored credential would be unreadable." },
  { name: "BETTER_AUTH_SECRET", variable: "BETTER_AUTH_SECRET", stacks: base, generated: true, ...secret(32), example: "$(openssl rand -hex 32)",
    describe: "Signs the sessions. A new value signs every user out." },
  { name: "JOBS_HMAC_SECRET", variable: "JOBS_HMAC_SECRET", stacks: base, generated: true, ...secret(32), example: "$(openssl rand -hex 32)",
    describe: "Signs the operator's calls to the job endpoints." },
  { name: "LOG_ID_PEPPER", variable: "LOG_ID_PEPPER", stacks: base, generated: true, ...secret(16), example: "$(openssl rand -hex 32)",
    describe: "Hashes user ids in the logs." },
  { name: "DATA_PROVIDER_API_KEY", variable: "DATA_PROVIDER_API_KEY", stacks: base, generated: true, ...secret(16), example: "$(openssl rand -hex 32)",
    describe: "Key of the local data-provider on tier 1." },
  { name: "SCREENSHOT_BOT_SECRET", variable: "SCREENSHOT_BOT_SECRET", stacks: base, ...secret(32), example: "$(openssl rand -hex 32)",
    describe: "Lets the screenshot bot sign in; leave it out unless you run one." },
  { name: "FRONTEND_URL", variable: "FRONTEND_URL", stacks: base, schema: s.originUrl, example: "https://scani.example.org",
    describe: "Public address of the page. Without it: http://localhost:<FRONTEND_PORT>." },
  { name: "BACKEND_URL", variable: "BACKEND_URL", stacks: base, schema: s.originUrl, example: "https://scani.example.org",
    describe: "Public address of the api, without a path. Without it: FRONTEND_URL." },
  { name: "COOKIE_DOMAIN", variable: "COOKIE_DOMAIN", stacks: base, example: "example.org",
    schema: s.text.regex(/^\.?[a-z0-9-]+(\.[a-z0-9-]+)*$/i, { message: "is not a domain" }),
    describe: "Domain of the session cookie, where page and api have different hosts." },
  { name: "FRONTEND_PORT", variable: "FRONTEND_PORT", stacks: base, fallback: "8080", schema: s.wholeNumber(1, 65535), example: "8081",
    describe: "Port the gateway publishes: the only one open to the network." },
];

/** Data services: bundled, unless the operator names one that somebody else runs. */
const services: Setting[] = [
  { name: "DATABASE_URL", variable: "DATABASE_URL", stacks: base, secret: true, schema: s.url("postgres", "postgresql"),
    example: "postgres://scani:PASSWORD@db.example.org:5432/scani", describe: "Managed Postgres. Without it Postgres is bundled." },
  { name: "POSTGRES_USER", variable: "POSTGRES_USER", stacks: base, fallback: "scani", example: "scani",
    schema: s.text.regex(/^[a-z_][a-z0-9_]{0,62}$/, { message: "is not a Postgres role name" }), describe: "Role in the bundled Postgres." },
  { name: "POSTGRES_DB", variable: "POSTGRES_DB", stacks: base, fallback: "scani", example: "scani",
    schema: s.text.regex(/^[a-z_][a-z0-9_]{0,62}$/, { message: "is not a Postgres database name" }), describe: "Database in the bundled Postgres." },
  { name: "POSTGRES_PASSWORD", variable: "POSTGRES_PASSWORD", stacks: base, generated: true, ...secret(8), example: "$(openssl rand -hex 32)",
    describe: "Password of the bundled Postgres." },
  { name: "REDIS_URL", variable: "REDIS_URL", stacks: base, secret: true, schema: s.url("redis", "rediss"),
    example: "rediss://:PASSWORD@redis.example.org:6379", describe: "Managed Redis. Without it Redis is bundled." },
  { name: "REDIS_PASSWORD", variable: "REDIS_PASSWORD", stacks: base, generated: true, ...secret(16), example: "$(openssl rand -hex 32)",
    describe: "Password of the bundled Redis." },
  { name: "S3_ENDPOINT", variable: "S3_ENDPOINT", stacks: base, schema: s.url("http", "https"), example: "https://s3.example.org",
    describe: "Managed S3. Without it an S3 server is bundled." },
  { name: "S3_PUBLIC_ENDPOINT", variable: "S3_PUBLIC_ENDPOINT", stacks: base, schema: s.url("http", "https"), example: "https://s3.example.org",
    describe: "Address of the same S3 as a browser reaches it. Without it: FRONTEND_URL where S3 is bundled, through the gateway; else S3_ENDPOINT." },
  { name: "S3_ACCESS_KEY_ID", variable: "S3_ACCESS_KEY_ID", stacks: base, generated: true, ...secret(3), example: "AKIA…",
    describe: "Access key of the S3 server; required with S3_ENDPOINT." },
  { name: "S3_SECRET_ACCESS_KEY", variable: "S3_SECRET_ACCESS_KEY", stacks: base, generated: true, ...secret(8), example: "$(openssl rand -hex 32)",
    describe: "Secret key of the S3 server; required with S3_ENDPOINT." },
  { name: "S3_BUCKET", variable: "S3_BUCKET", stacks: base, fallback: "job-uploads", example: "job-uploads",
    schema: s.text.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, { message: "is not a bucket name" }), describe: "Bucket of the uploads." },
  { name: "S3_REGION", variable: "S3_REGION", stacks: base, fallback: "auto", example: "eu-central-1", schema: s.text.regex(/^[\w-]{1,64}$/, { message: "is not a region" }),
    describe: "Region the S3 requests are signed for." },
  { name: "SMTP_URL", variable: "SMTP_URL", stacks: base, secret: true, schema: s.url("smtp", "smtps"), example: "smtps://user:PASSWORD@mail.example.org:465",
    describe: "Mail server. Without it, and without FASTMAIL_API_TOKEN, a mail catcher is bundled, which delivers nothing." },
  { name: "SMTP_FROM", variable: "SMTP_FROM", stacks: base, fallback: "no-reply@scani.local", schema: s.text.regex(/@/, { message: "is not a mail address" }),
    example: "no-reply@example.org", describe: "Sender of Scani's mail." },
  { name: "FASTMAIL_API_TOKEN", variable: "FASTMAIL_API_TOKEN", stacks: base, ...secret(8), example: "fmu1-…",
    describe: "Send mail over Fastmail instead of SMTP." },
  { name: "MAILPIT_UI_PORT", variable: "MAILPIT_UI_PORT", stacks: base, fallback: "8026", schema: s.wholeNumber(1, 65535), example: "8027",
    describe: "Loopback port of the mail catcher's page." },
];

/** What one release of Scani runs with. */
const release: Setting[] = [
  { name: "SCANI_IMAGE_TAG", variable: "SCANI_IMAGE_TAG", stacks: tiers, fallback: "0.17.1", schema: s.imageTag, example: "0.17.1",
    describe: "Tag of all five Scani images." },
  { name: "SCANI_CLOUD_URL", variable: "SCANI_CLOUD_URL", stacks: ["tier2"], required: ["tier2"], schema: s.cloudUrl, example: "https://data.example.org",
    describe: "Tier 2: the issued URL of the hosted data-provider. Tier 1 ignores it." },
  { name: "SCANI_CLOUD_API_KEY", variable: "SCANI_CLOUD_API_KEY", stacks: ["tier2"], required: ["tier2"], ...secret(8), example: "the key you were issued",
    describe: "Tier 2: the issued key. Tier 1 ignores it." },
  { name: "caCertificate", variable: "SCANI_CA_CERTIFICATE", stacks: ["tier2"], schema: s.certificate, example: '"$(cat ca.pem)"',
    describe: "Tier 2: certificate (PEM) of the private authority that signed the hosted endpoint's." },
  { name: "WORKER_CONCURRENCY", variable: "WORKER_CONCURRENCY", stacks: tiers, fallback: "4", schema: s.wholeNumber(1, 1000), example: "4",
    describe: "Jobs the worker does at a time." },
  { name: "LOG_LEVEL", variable: "LOG_LEVEL", stacks: tiers, fallback: "info", example: "info",
    schema: z.enum(["trace", "debug", "info", "warn", "error", "fatal"], { message: "is none of trace, debug, info, warn, error, fatal" }),
    describe: "How much the services log." },
  { name: "SENTRY_DSN", variable: "SENTRY_DSN", stacks: tiers, secret: true, schema: s.url("https", "http"), example: "https://key@sentry.example.org/1",
    describe: "Where errors are reported." },
  { name: "CSP_CONNECT_SRC", variable: "CSP_CONNECT_SRC", stacks: tiers, schema: s.connectSrc, example: "'self' https://bucket.example.org",
    describe: "Where the page may send requests to (connect-src of its policy). Without it: 'self', and on tier 1 a managed S3's origin. Tier 2 needs the hosted bucket's beside 'self'; the switch says which." },
];

const providerKeys = [
  "COINGECKO_API_KEY", "FINNHUB_API_KEY", "ETHERSCAN_API_KEY", "HELIUS_API_KEY", "OPENAI_API_KEY",
  "GOOGLE_SHEETS_ID", "GOOGLE_SERVICE_ACCOUNT_KEY",
  "BINANCE_OAUTH_CLIENT_ID", "BINANCE_OAUTH_CLIENT_SECRET", "BINANCE_OAUTH_REDIRECT_URI",
] as const;

/** Provider keys: optional, passed to api, worker and data-provider on both tiers because the code reads them there. */
export const providerVariables: readonly string[] = providerKeys;

const providers: Setting[] = providerKeys.map((name) => ({
  name, variable: name, stacks: tiers, secret: true, schema: s.text, example: "the key you were given",
  describe: "Optional provider key, passed on both tiers.",
}));

/** Every setting there is, in the order `.env.example` lists them. */
export const catalogue: readonly Setting[] = [...own, ...kept, ...services, ...release, ...providers];

/** The setting of that name. Throws on a name that is none: a mistake in this program, not the operator's. */
export function settingNamed(name: string): Setting {
  const found = catalogue.find((setting) => setting.name === name);
  if (found === undefined) throw new Error(`no setting is named ${name}`);
  return found;
}
