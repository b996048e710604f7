import { randomBytes } from "node:crypto";
import { localCloudUrl } from "../../../host/install/services/release";

/** Values of a `.env`, by name. */
export type Dotenv = Readonly<Record<string, string>>;

/** Returns a `.env` for tier 1, with secrets of its own. */
export function tier1Dotenv(args: { tag: string; port: number }): Dotenv {
  const [password, key] = [secret(), secret()];
  const address = `http://localhost:${args.port}`;
  return {
    SCANI_IMAGE_TAG: args.tag,
    POSTGRES_USER: "scani",
    POSTGRES_PASSWORD: password,
    POSTGRES_DB: "scani",
    DATABASE_URL: `postgres://scani:${password}@postgres:5432/scani?sslmode=disable`,
    REDIS_URL: "redis://redis:6379",
    FRONTEND_URL: address,
    BACKEND_URL: address,
    BETTER_AUTH_SECRET: secret(),
    ENCRYPTION_KEY: secret(),
    JOBS_HMAC_SECRET: secret(),
    LOG_ID_PEPPER: secret(),
    DATA_PROVIDER_API_KEY: key,
    SCANI_CLOUD_URL: localCloudUrl,
    SCANI_CLOUD_API_KEY: key,
  };
}

function secret(): string {
  return randomBytes(32).toString("hex");
}

/** Renders the file's text; no value here needs quoting. Pure. */
export function dotenvText(values: Dotenv): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
