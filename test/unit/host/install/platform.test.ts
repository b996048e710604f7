import { readPlatform } from "../../../../host/install/platform";
import { platformVariables } from "../../../../settings";

test("base's output is read as it is", () => {
  const output = { DATABASE_URL: "postgres://u:p@db/scani", S3_BUCKET: "b" };
  expect(readPlatform(output)).toEqual(output);
});

test("the output of a base that version 0.1.0 brought up is read under Scani's own names", () => {
  const earlier = {
    databaseUrl: "DATABASE_URL",
    redisUrl: "REDIS_URL",
    s3: {
      endpoint: "S3_ENDPOINT",
      publicEndpoint: "S3_PUBLIC_ENDPOINT",
      accessKeyId: "S3_ACCESS_KEY_ID",
      secretAccessKey: "S3_SECRET_ACCESS_KEY",
      bucket: "S3_BUCKET",
      region: "S3_REGION",
    },
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
  const later = /^(VAPID_|DATA_PROVIDER_API_KEY_EXPIRES_AT$)/;
  expect(readPlatform(earlier)).toEqual(
    Object.fromEntries(platformVariables.filter((name) => !later.test(name)).map((name) => [name, name])),
  );
});
