import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { startHosted } from "../throwaway";

/** Tier 2's issued URL and key, and what answers there. */
export interface Hosted {
  readonly alias: string;
  readonly port: number;
  readonly url: string;
  readonly key: string;
}

/** A new key for an endpoint both sides of the bench reach by the same name. */
export function issueHosted(): Hosted {
  const [alias, port] = ["hosted.internal", 8082];
  return { alias, port, url: `http://${alias}:${port}`, key: randomBytes(24).toString("hex") };
}

/** Starts a data-provider as the hosted endpoint, on the install's own Postgres and Redis: nobody else's is needed. */
export async function startEndpoint(docker: Docker, install: string, image: string, hosted: Hosted, stores: { databaseUrl: string; redisUrl: string }): Promise<void> {
  await startHosted(docker, {
    install, image, alias: hosted.alias, port: hosted.port,
    environment: {
      NODE_ENV: "production",
      SERVICE_NAME: "data-provider",
      LOG_ID_PEPPER: randomBytes(16).toString("hex"),
      BETTER_AUTH_SECRET: randomBytes(32).toString("hex"),
      DATA_PROVIDER_API_KEY: hosted.key,
      DATABASE_URL: stores.databaseUrl,
      REDIS_URL: stores.redisUrl,
    },
  });
}
