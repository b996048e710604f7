import type { Environment } from "../../host/install/environment";
import type { Platform } from "../../host/install/platform";
import { providerVariables, type Settings, type Tier } from "../../settings";
import { connectSrc, originOf } from "../../host/install/connectSrc";
import { localCloudUrl } from "../../host/install/localCloud";
import { caFile } from "../../host/install/caCertificate";
import type { Service } from "../../host/install/services";
import { apiUrl } from "./shape";

/**
 * The environment of every service of a release, as Scani's own table says. Pure; holds secrets.
 * Variables nobody gave are left out, so that Scani's own defaults apply.
 */
export function environments(tier: Tier, settings: Settings, platform: Platform): Record<Service, Environment> {
  const cloud =
    tier === "tier1"
      ? { url: localCloudUrl, key: platform.dataProviderKey }
      : { url: settings.need("SCANI_CLOUD_URL"), key: settings.need("SCANI_CLOUD_API_KEY") };
  const logging = {
    LOG_LEVEL: settings.need("LOG_LEVEL"),
    SENTRY_DSN: settings.text("SENTRY_DSN"),
    LOG_ID_PEPPER: platform.logPepper,
  };
  const stores = { DATABASE_URL: platform.databaseUrl, REDIS_URL: platform.redisUrl };
  const common = { NODE_ENV: "production", ...stores, ...logging };
  const client = {
    SCANI_CLOUD_URL: cloud.url,
    SCANI_CLOUD_API_KEY: cloud.key,
    NODE_EXTRA_CA_CERTS: settings.text("caCertificate") === undefined ? undefined : caFile,
  };
  const objects = {
    S3_ENDPOINT: platform.s3.endpoint,
    S3_PUBLIC_ENDPOINT: platform.s3.publicEndpoint,
    S3_ACCESS_KEY_ID: platform.s3.accessKeyId,
    S3_SECRET_ACCESS_KEY: platform.s3.secretAccessKey,
    S3_BUCKET: platform.s3.bucket,
    S3_REGION: platform.s3.region,
  };
  const providers = Object.fromEntries(providerVariables.map((name) => [name, settings.text(name)]));

  return {
    migrate: given({ DATABASE_URL: platform.databaseUrl }),
    "data-provider": given({
      ...common,
      ...objects,
      ...providers,
      SERVICE_NAME: "data-provider",
      DATA_PROVIDER_API_KEY: platform.dataProviderKey,
      BETTER_AUTH_SECRET: platform.authSecret,
      SMTP_URL: platform.smtpUrl,
      SMTP_FROM: platform.smtpFrom,
      FASTMAIL_API_TOKEN: platform.fastmailToken,
    }),
    api: given({
      ...common,
      ...client,
      ...providers,
      SERVICE_NAME: "api",
      PORT: "3001",
      HOST: "0.0.0.0",
      FRONTEND_URL: platform.frontendUrl,
      BACKEND_URL: platform.backendUrl,
      COOKIE_DOMAIN: platform.cookieDomain,
      BETTER_AUTH_SECRET: platform.authSecret,
      ENCRYPTION_KEY: platform.encryptionKey,
      JOBS_HMAC_SECRET: platform.jobsSecret,
      SCREENSHOT_BOT_SECRET: platform.screenshotBotSecret,
    }),
    worker: given({
      ...common,
      ...client,
      ...objects,
      ...providers,
      SERVICE_NAME: "worker",
      ENCRYPTION_KEY: platform.encryptionKey,
      // Its digest and alert mails link to both, and are not sent without them.
      FRONTEND_URL: platform.frontendUrl,
      BACKEND_URL: platform.backendUrl,
      WORKER_CONCURRENCY: String(settings.number("WORKER_CONCURRENCY")),
    }),
    "frontend-app": given({
      API_UPSTREAM: apiUrl,
      CSP_CONNECT_SRC: connectSrc(
        settings.text("CSP_CONNECT_SRC"),
        uploadsOrigin(tier, platform),
        originOf(platform.frontendUrl),
      ),
    }),
  };
}

/** Origin the page uploads to. On tier 2 only the hosted endpoint knows it. Pure. */
export function uploadsOrigin(tier: Tier, { s3 }: Pick<Platform, "s3">): string | undefined {
  return tier === "tier1" ? originOf(s3.publicEndpoint || s3.endpoint) : undefined;
}

function given(values: Record<string, string | undefined>): Environment {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
}
