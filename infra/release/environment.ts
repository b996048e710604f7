import type { Environment } from "../../host/install/services/environment";
import type { Platform } from "../../host/install/platform";
import {
  furtherVariablesIn,
  plainText,
  providerVariables,
  type Secret,
  type Settings,
  type Tier,
} from "../../settings";
import { connectSrc, localUploads, originOf } from "../../host/install/storage/connectSrc";
import { localCloudUrl, type Service } from "../../host/install/services/release";
import { caFile } from "../../host/install/services/releaseVariables";
import { apiUrl } from "./shape";

/**
 * Builds the environment of every service of a release, as Scani's own table says. Variables nobody gave are left out,
 * so that Scani's own defaults apply. Pure; holds secrets.
 */
export function environments(settings: Settings<Tier>, platform: Platform): Record<Service, Environment> {
  const logging = {
    LOG_LEVEL: settings.LOG_LEVEL,
    LOG_SQL_QUERIES: settings.LOG_SQL_QUERIES,
    LOG_TIMESTAMP: settings.LOG_TIMESTAMP,
    LOG_WEBSOCKET_MESSAGES: settings.LOG_WEBSOCKET_MESSAGES,
    SERVICE_VERSION: settings.SERVICE_VERSION,
    SENTRY_DSN: settings.SENTRY_DSN,
    SENTRY_ENVIRONMENT: settings.SENTRY_ENVIRONMENT,
    SENTRY_RELEASE: settings.SENTRY_RELEASE,
    LOG_ID_PEPPER: platform.LOG_ID_PEPPER,
  };
  const stores = {
    DATABASE_URL: platform.DATABASE_URL,
    POSTGRES_POOL_MAX: settings.POSTGRES_POOL_MAX,
    REDIS_URL: platform.REDIS_URL,
  };
  const trust = { NODE_EXTRA_CA_CERTS: settings.caCertificate === undefined ? undefined : caFile };
  const common = { NODE_ENV: "production", ...stores, ...logging, ...trust };
  const cloud =
    settings.tier === "tier1"
      ? { SCANI_CLOUD_URL: localCloudUrl, SCANI_CLOUD_API_KEY: platform.DATA_PROVIDER_API_KEY }
      : { SCANI_CLOUD_URL: settings.SCANI_CLOUD_URL, SCANI_CLOUD_API_KEY: settings.SCANI_CLOUD_API_KEY };
  const objects = {
    S3_ENDPOINT: platform.S3_ENDPOINT,
    S3_PUBLIC_ENDPOINT: platform.S3_PUBLIC_ENDPOINT,
    S3_ACCESS_KEY_ID: platform.S3_ACCESS_KEY_ID,
    S3_SECRET_ACCESS_KEY: platform.S3_SECRET_ACCESS_KEY,
    S3_BUCKET: platform.S3_BUCKET,
    S3_REGION: platform.S3_REGION,
  };
  const providers = Object.fromEntries(providerVariables.map((name) => [name, settings[name]]));
  // The worker's digest and alert mails link to both, and are not sent without them.
  const addresses = { FRONTEND_URL: platform.FRONTEND_URL, BACKEND_URL: platform.BACKEND_URL };

  // Api and worker need the same: what a browser subscribes to at one, the other sends to.
  const push = {
    VAPID_SUBJECT: platform.VAPID_SUBJECT,
    VAPID_PUBLIC_KEY: platform.VAPID_PUBLIC_KEY,
    VAPID_PRIVATE_KEY: platform.VAPID_PRIVATE_KEY,
  };

  return withFurther(settings, {
    migrate: given({ DATABASE_URL: platform.DATABASE_URL, ...trust }),
    "data-provider": given({
      ...common,
      ...objects,
      ...providers,
      SERVICE_NAME: "data-provider",
      DATA_PROVIDER_API_KEY: platform.DATA_PROVIDER_API_KEY,
      DATA_PROVIDER_API_KEY_EXPIRES_AT: platform.DATA_PROVIDER_API_KEY_EXPIRES_AT,
      BETTER_AUTH_SECRET: platform.BETTER_AUTH_SECRET,
      SMTP_URL: platform.SMTP_URL,
      SMTP_FROM: platform.SMTP_FROM,
      FASTMAIL_API_TOKEN: platform.FASTMAIL_API_TOKEN,
    }),
    api: given({
      ...common,
      ...cloud,
      ...providers,
      ...addresses,
      ...push,
      SERVICE_NAME: "api",
      PORT: "3001",
      HOST: "0.0.0.0",
      COOKIE_DOMAIN: platform.COOKIE_DOMAIN,
      BETTER_AUTH_SECRET: platform.BETTER_AUTH_SECRET,
      ENCRYPTION_KEY: platform.ENCRYPTION_KEY,
      JOBS_HMAC_SECRET: platform.JOBS_HMAC_SECRET,
      SCREENSHOT_BOT_SECRET: platform.SCREENSHOT_BOT_SECRET,
    }),
    worker: given({
      ...common,
      ...cloud,
      ...objects,
      ...providers,
      ...addresses,
      ...push,
      SERVICE_NAME: "worker",
      ENCRYPTION_KEY: platform.ENCRYPTION_KEY,
      WORKER_CONCURRENCY: settings.WORKER_CONCURRENCY,
      WORKER_CONCURRENCY_CRON: settings.WORKER_CONCURRENCY_CRON,
      DLQ_ALERT_THRESHOLD: settings.DLQ_ALERT_THRESHOLD,
      STALE_SYNC_THRESHOLD_HOURS: settings.STALE_SYNC_THRESHOLD_HOURS,
      ALERT_STALE_SYNC_HOURS: settings.ALERT_STALE_SYNC_HOURS,
    }),
    "frontend-app": given({
      API_UPSTREAM: apiUrl,
      CSP_CONNECT_SRC: connectSrc(
        settings.CSP_CONNECT_SRC,
        uploadsOrigin(settings.tier, platform),
        originOf(platform.FRONTEND_URL),
      ),
    }),
  });
}

/** Adds the variables that no setting names. */
function withFurther(
  settings: Settings<Tier>,
  environment: Record<Service, Environment>,
): Record<Service, Environment> {
  const further = furtherVariablesIn(plainText(settings.extraEnvironment) ?? "[]") ?? [];
  const of = (service: string) =>
    Object.fromEntries(further.filter((one) => one.service === service).map(({ name, value }) => [name, value]));
  return Object.fromEntries(
    Object.entries(environment).map(([service, own]) => [service, { ...own, ...of(service) }]),
  ) as Record<Service, Environment>;
}

/** Returns the origin the page uploads to; undefined on tier 2, where only the hosted endpoint knows it. Pure. */
export function uploadsOrigin(tier: Tier, platform: Platform): string | undefined {
  return tier === "tier1" ? localUploads(platform, platform.FRONTEND_URL) : undefined;
}

function given(values: Readonly<Record<string, Secret | string | number | boolean | undefined>>): Environment {
  return Object.fromEntries(
    Object.entries(values)
      .map(([name, value]) => [name, plainText(value)] as const)
      .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
}
