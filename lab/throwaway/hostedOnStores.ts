import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import type { Platform } from "../../host/install/platform";
import { startHosted } from "./hosted";

/** Address of a hosted data-provider, and the key it accepts. */
export interface HostedOnStoresArgs {
  readonly install: string;
  readonly image: string;
  readonly alias: string;
  readonly port: number;
  readonly key: string;
  /** Environment that names its bucket; without it, it has none. */
  readonly bucket?: Readonly<Record<string, string>>;
  /** Send its mails by the install's own catcher. */
  readonly mail?: boolean;
}

/**
 * Starts a data-provider as the hosted endpoint, on the install's own Postgres and Redis, so that no others are needed.
 */
export async function startHostedOnStores(
  docker: Docker,
  { install, image, alias, port, key, bucket, mail }: HostedOnStoresArgs,
  stores: Pick<Platform, "DATABASE_URL" | "REDIS_URL">,
): Promise<void> {
  await startHosted(docker, {
    install,
    image,
    alias,
    port,
    mail,
    environment: {
      NODE_ENV: "production",
      SERVICE_NAME: "data-provider",
      LOG_ID_PEPPER: randomBytes(16).toString("hex"),
      BETTER_AUTH_SECRET: randomBytes(32).toString("hex"),
      DATA_PROVIDER_API_KEY: key,
      DATABASE_URL: stores.DATABASE_URL,
      REDIS_URL: stores.REDIS_URL,
      ...bucket,
    },
  });
}
