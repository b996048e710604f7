import { throwawayLabels, type ThrowawayImages } from "../../throwaway";

/** Parts of a compose file that vary. */
export interface ComposeFileArgs {
  /** Compose project; also the install label, so that everything can be found again. */
  readonly project: string;
  readonly images: ThrowawayImages;
  /** Loopback port of the front. */
  readonly port: number;
  /** False after the guide's second edit, which removes the local data-provider's service and both `depends_on`. */
  readonly withDataProvider: boolean;
}

const healthy = { condition: "service_healthy" };

/**
 * Returns a health check as in Scani's own compose file: every half minute, so a start waits as long as for Scani's
 * users.
 */
function every30s(shell: string, timeout: string) {
  return { test: ["CMD-SHELL", shell], interval: "30s", timeout, retries: 6, start_period: "30s" };
}

function every10s(shell: string) {
  return { test: ["CMD-SHELL", shell], interval: "10s", timeout: "5s", retries: 6 };
}

/**
 * Renders a compose file for production as in Scani's guide, as JSON, which compose reads as YAML; values come from
 * `.env`. Mail and object storage are left out, since no switch touches them. Pure.
 */
export function composeFile(args: ComposeFileArgs): string {
  const { project, images, withDataProvider } = args;
  const labels = throwawayLabels(project);
  const image = (service: string) => `${images.scaniRepository}/${service}:\${SCANI_IMAGE_TAG}`;
  const from = (...names: string[]) => Object.fromEntries(names.map((name) => [name, `\${${name}}`]));
  const kept = { restart: "unless-stopped", labels };
  const stores = { postgres: healthy, redis: healthy };
  const upstream = withDataProvider ? { ...stores, "data-provider": healthy } : stores;
  const common = { NODE_ENV: "production", ...from("DATABASE_URL", "REDIS_URL", "LOG_ID_PEPPER") };
  const cloud = from("SCANI_CLOUD_URL", "SCANI_CLOUD_API_KEY");

  const dataProvider = {
    ...kept,
    image: image("data-provider"),
    depends_on: stores,
    environment: { ...common, SERVICE_NAME: "data-provider", ...from("DATA_PROVIDER_API_KEY", "BETTER_AUTH_SECRET") },
    healthcheck: every30s("curl -fsS http://localhost:8082/health", "5s"),
  };
  const services = {
    postgres: {
      ...kept,
      image: images.postgres,
      environment: from("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"),
      volumes: ["postgres-data:/var/lib/postgresql/data"],
      // Check by address: while it creates its first database, Postgres listens on its socket only.
      healthcheck: every10s("pg_isready -h 127.0.0.1 -U $${POSTGRES_USER} -d $${POSTGRES_DB}"),
    },
    redis: {
      ...kept,
      image: images.redis,
      command: ["redis-server", "--appendonly", "yes"],
      volumes: ["redis-data:/data"],
      healthcheck: every10s("redis-cli ping"),
    },
    migrate: {
      profiles: ["migrate"],
      restart: "no",
      labels,
      image: image("migrate"),
      depends_on: { postgres: healthy },
      environment: from("DATABASE_URL"),
      command: ["/app/migrate", "--allow-remote", "postgres"],
    },
    ...(withDataProvider ? { "data-provider": dataProvider } : {}),
    api: {
      ...kept,
      image: image("api"),
      depends_on: upstream,
      environment: {
        ...common,
        ...cloud,
        SERVICE_NAME: "api",
        PORT: "3001",
        HOST: "0.0.0.0",
        ...from("FRONTEND_URL", "BACKEND_URL", "BETTER_AUTH_SECRET", "ENCRYPTION_KEY", "JOBS_HMAC_SECRET"),
      },
      healthcheck: every30s("curl -fsS http://localhost:3001/readyz", "5s"),
    },
    worker: {
      ...kept,
      image: image("worker"),
      depends_on: upstream,
      environment: { ...common, ...cloud, SERVICE_NAME: "worker", WORKER_CONCURRENCY: "4", ...from("ENCRYPTION_KEY") },
    },
    "frontend-app": {
      ...kept,
      image: image("frontend-app"),
      depends_on: { api: healthy },
      environment: { API_UPSTREAM: "http://api:3001", CSP_CONNECT_SRC: "'self'" },
      ports: [`127.0.0.1:${args.port}:80`],
      healthcheck: every30s("wget -q --spider http://localhost/healthz", "3s"),
    },
  };
  const networks = { default: { name: `${project}-data`, labels } };
  return `${JSON.stringify({ services, networks, volumes: { "postgres-data": { labels }, "redis-data": { labels } } }, undefined, 2)}\n`;
}
