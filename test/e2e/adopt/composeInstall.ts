import { AwsClient } from "aws4fetch";
import type Docker from "dockerode";
import { createHash, randomBytes } from "node:crypto";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "../../../host/engine/docker/attached";
import { findCompose, type Compose } from "../../../lab/bench/compose/command";
import type { ImageSet } from "../../../lab/images";
import { installOf, ownFolder, removeWhole, throwawayLabels, type TestKind } from "../../../lab/throwaway";
import { freePorts } from "../../../lab/throwaway/ports";
import { until } from "../traffic";

/** Values of a `.env` file as Scani's installer writes it. */
type Dotenv = Readonly<Record<string, string>>;

/** Parts of a compose file that tests change. */
export interface ComposeFile {
  services: Record<string, Record<string, unknown>>;
  networks: Record<string, unknown>;
  volumes: Record<string, unknown>;
}

/** Differences from the install Scani's installer makes. */
export interface ComposeWishes {
  /** Values of `.env`. */
  readonly changes?: Dotenv;
  /** Changes the compose file. */
  edit?(file: ComposeFile): void;
  /** Scani's own compose file and MinIO, in place of their stand-ins. */
  readonly own?: OwnParts;
  /** Compose command; by default the one of this machine. */
  readonly compose?: Compose;
}

/** Parts that tests cannot make and that have to be given (see CONTRIBUTING.md). */
export interface OwnParts {
  /** Path of Scani's `docker-compose.prod.yml`. */
  readonly file: string;
  /** Image with MinIO's server and its client. */
  readonly minio: string;
}

const secret = (): string => randomBytes(32).toString("hex");

/** A Scani under docker compose, of the shape of Scani's own file and its installer's `.env`. */
export class ComposeInstall {
  readonly project: string;
  readonly settings: Dotenv;
  private readonly folder = ownFolder("composed" satisfies TestKind);

  private constructor(
    private readonly docker: Docker,
    private readonly compose: Compose,
    private readonly images: ImageSet,
    /** Ports of the page, of the mail catcher's page, and of an S3 server that browsers reach. */
    readonly port: number,
    readonly mailPort: number,
    private readonly storagePort: number,
    /** Address browsers use, which is a proxy's in front of the page. */
    address: string,
    private readonly wishes: ComposeWishes,
  ) {
    this.project = installOf(this.folder);
    const changes = wishes.changes ?? {};
    const [password, key, storageKey] = [secret(), secret(), secret()];
    this.settings = {
      SCANI_IMAGE_TAG: images.scaniTag,
      FRONTEND_PORT: String(port),
      MAILPIT_UI_PORT: String(mailPort),
      POSTGRES_PASSWORD: password,
      DATABASE_URL: `postgres://scani:${changes.POSTGRES_PASSWORD ?? password}@postgres:5432/scani?sslmode=disable`,
      FRONTEND_URL: address,
      BACKEND_URL: address,
      BETTER_AUTH_SECRET: secret(),
      ENCRYPTION_KEY: secret(),
      JOBS_HMAC_SECRET: secret(),
      LOG_ID_PEPPER: secret(),
      DATA_PROVIDER_API_KEY: key,
      SCANI_CLOUD_API_KEY: key,
      MINIO_ROOT_USER: "scani",
      MINIO_ROOT_PASSWORD: storageKey,
      S3_ACCESS_KEY_ID: "scani",
      S3_SECRET_ACCESS_KEY: storageKey,
      ...(wishes.own === undefined ? {} : { S3_PUBLIC_ENDPOINT: `http://127.0.0.1:${storagePort}` }),
      SMTP_URL: "smtp://mailpit:1025",
      SMTP_FROM: "no-reply@scani.local",
      LOG_LEVEL: "info",
      ...changes,
    };
  }

  /** Brings an install up, with its schema migrated. @param address of the proxy in front of it */
  static async up(
    docker: Docker,
    images: ImageSet,
    address: string,
    wishes: ComposeWishes = {},
  ): Promise<ComposeInstall> {
    const [port, mailPort, storagePort] = (await freePorts(3)) as [number, number, number];
    const compose = wishes.compose ?? (await findCompose());
    const install = new ComposeInstall(docker, compose, images, port, mailPort, storagePort, address, wishes);
    try {
      install.write();
      await install.run("--profile", "migrate", "run", "--rm", "migrate");
      await install.run("up", "-d");
      await install.ready();
    } catch (error) {
      await install.remove();
      throw error;
    }
    return install;
  }

  /** Runs one compose command in its folder. */
  run(...args: string[]): Promise<void> {
    return this.compose.run(this.folder, ["-p", this.project, ...args], new AbortController().signal);
  }

  /** Lists compose's containers on the engine, each with its id, service, state and start, sorted. */
  async containers(): Promise<{ id: string; service: string; running: boolean; startedAt: string }[]> {
    const listed = await this.docker.listContainers({
      all: true,
      filters: { label: [`com.docker.compose.project=${this.project}`] },
    });
    const all = await Promise.all(
      listed.map(async ({ Id, Labels }) => {
        const { State } = await this.docker.getContainer(Id).inspect();
        return {
          id: Id,
          service: Labels["com.docker.compose.service"] ?? "",
          running: State.Running,
          startedAt: State.StartedAt,
        };
      }),
    );
    return all.sort((a, b) => a.service.localeCompare(b.service));
  }

  async container(service: string): Promise<string> {
    const found = (await this.containers()).find((one) => one.service === service);
    if (found === undefined) throw new Error(`${this.project} has no ${service}`);
    return found.id;
  }

  /** Puts a file into its bucket. @returns its checksum */
  async putFile(key: string, bytes = 4096): Promise<string> {
    const content = randomBytes(bytes).toString("base64");
    const signer = new AwsClient({
      accessKeyId: this.settings.S3_ACCESS_KEY_ID,
      secretAccessKey: this.settings.S3_SECRET_ACCESS_KEY,
      service: "s3",
      region: "us-east-1",
    });
    const address = `http://minio:9000/job-uploads/${key.split("/").map(encodeURIComponent).join("/")}`;
    const { url } = await signer.sign(address, { method: "PUT", aws: { signQuery: true } });
    const { exitCode, errors, output } = await capture(
      this.docker.getContainer(await this.container("data-provider")),
      ["curl", "-sS", "--fail-with-body", "-X", "PUT", "-H", "content-type: text/csv", "--data-binary", "@-", url],
      [],
      content,
    );
    if (exitCode !== 0) throw new Error(`${key} was not taken: ${errors} ${output}`);
    return createHash("sha256").update(content).digest("hex");
  }

  async remove(): Promise<void> {
    await removeWhole(this.docker, this.project);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Waits until Docker reports every container with a health check as healthy. */
  private async ready(): Promise<void> {
    await until(async () => {
      const all = await Promise.all((await this.containers()).map(({ id }) => this.docker.getContainer(id).inspect()));
      return all.every(({ State }) => State.Health === undefined || State.Health.Status === "healthy");
    }, 240_000);
  }

  private write(): void {
    const { own, edit } = this.wishes;
    const dotenv = Object.entries(this.settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(this.folder, ".env"), dotenv.join(""), { mode: 0o600 });
    const file = own === undefined ? this.file() : this.overOwn(own);
    edit?.(file);
    if (own !== undefined) copyFileSync(own.file, join(this.folder, "docker-compose.yml"));
    const name = own === undefined ? "docker-compose.yml" : "docker-compose.override.yml";
    writeFileSync(join(this.folder, name), `${JSON.stringify(file, undefined, 1)}\n`);
  }

  /**
   * Returns the differences from Scani's own file that tests need: images that no registry has, labels by which
   * everything is removed, more frequent health checks, and a port at which browsers reach the S3 server.
   */
  private overOwn({ minio }: OwnParts): ComposeFile {
    const { images, project } = this;
    const labels = throwawayLabels(project);
    const scani = (service: string) => ({ image: `${images.scaniRepository}/${service}:\${SCANI_IMAGE_TAG:-latest}` });
    const often = { healthcheck: { interval: "5s" } };
    const services: ComposeFile["services"] = {
      postgres: { image: images.postgres, ...often },
      redis: { image: images.redis, ...often },
      mailpit: { image: images.mail, ...often },
      minio: { image: minio, ports: [`127.0.0.1:${this.storagePort}:9000`], ...often },
      "minio-init": { image: minio },
      migrate: scani("migrate"),
      "data-provider": { ...scani("data-provider"), ...often },
      api: { ...scani("api"), ...often },
      worker: scani("worker"),
      "frontend-app": { ...scani("frontend-app"), ...often },
    };
    return {
      services: Object.fromEntries(Object.entries(services).map(([name, one]) => [name, { labels, ...one }])),
      networks: { default: { labels } },
      volumes: { "postgres-data": { labels }, "redis-data": { labels }, "minio-data": { labels } },
    };
  }

  /** Returns a file with services, dependencies, environments, checks and volumes as in Scani's own. */
  private file(): ComposeFile {
    const { images, project } = this;
    const labels = throwawayLabels(project);
    const healthy = { condition: "service_healthy" };
    const kept = { restart: "unless-stopped", labels };
    const from = (...names: string[]) => Object.fromEntries(names.map((name) => [name, `\${${name}:-}`]));
    const scani = (service: string) => `${images.scaniRepository}/${service}:\${SCANI_IMAGE_TAG:-latest}`;
    const often = (test: string[]) => ({ test, interval: "5s", timeout: "5s", retries: 12 });
    const common = {
      NODE_ENV: "production",
      REDIS_URL: "redis://redis:6379",
      ...from("DATABASE_URL", "LOG_LEVEL", "LOG_ID_PEPPER", "SENTRY_DSN"),
    };
    const cloud = { SCANI_CLOUD_URL: "${SCANI_CLOUD_URL:-http://data-provider:8082}", ...from("SCANI_CLOUD_API_KEY") };
    const objects = {
      S3_ENDPOINT: "http://minio:9000",
      S3_BUCKET: "job-uploads",
      ...from("S3_PUBLIC_ENDPOINT", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"),
    };
    const stores = { postgres: healthy, redis: healthy };
    return {
      services: {
        postgres: {
          ...kept,
          image: images.postgres,
          environment: { POSTGRES_USER: "scani", POSTGRES_DB: "scani", ...from("POSTGRES_PASSWORD") },
          volumes: ["postgres-data:/var/lib/postgresql/data"],
          healthcheck: often(["CMD-SHELL", "pg_isready -h 127.0.0.1 -U scani -d scani"]),
        },
        redis: {
          ...kept,
          image: images.redis,
          command: ["redis-server", "--appendonly", "yes"],
          volumes: ["redis-data:/data"],
          healthcheck: often(["CMD", "redis-cli", "ping"]),
        },
        mailpit: {
          ...kept,
          image: images.mail,
          ports: [`127.0.0.1:${this.mailPort}:8025`],
          healthcheck: often(["CMD", "/mailpit", "readyz"]),
        },
        // The S3 server: MinIO's images are no longer published, and this one speaks the same protocol.
        minio: {
          ...kept,
          image: images.storage,
          entrypoint: [
            "sh",
            "-c",
            "mkdir -p /data/job-uploads && exec versitygw --port :9000 --health /health --region us-east-1 posix /data",
          ],
          environment: {
            ROOT_ACCESS_KEY: "${S3_ACCESS_KEY_ID}",
            ROOT_SECRET_KEY: "${S3_SECRET_ACCESS_KEY}",
            VGW_KEEP_ALIVE: "true",
          },
          volumes: ["minio-data:/data"],
          healthcheck: often(["CMD-SHELL", "wget -q -O /dev/null http://127.0.0.1:9000/health"]),
        },
        migrate: {
          labels,
          profiles: ["migrate"],
          image: scani("migrate"),
          restart: "no",
          depends_on: { postgres: healthy },
          environment: from("DATABASE_URL"),
          command: ["/app/migrate", "--allow-remote", "postgres"],
        },
        "data-provider": {
          ...kept,
          image: scani("data-provider"),
          depends_on: stores,
          environment: {
            ...common,
            ...objects,
            SERVICE_NAME: "data-provider",
            ...from(
              "SMTP_URL",
              "DATA_PROVIDER_API_KEY",
              "BETTER_AUTH_SECRET",
              "SMTP_FROM",
              "FASTMAIL_API_TOKEN",
              "OPENAI_API_KEY",
            ),
          },
          healthcheck: often(["CMD", "curl", "-fsS", "http://localhost:8082/health"]),
        },
        api: {
          ...kept,
          image: scani("api"),
          depends_on: { ...stores, "data-provider": healthy },
          environment: {
            ...common,
            ...cloud,
            SERVICE_NAME: "api",
            PORT: "3001",
            HOST: "0.0.0.0",
            ...from(
              "FRONTEND_URL",
              "BACKEND_URL",
              "COOKIE_DOMAIN",
              "BETTER_AUTH_SECRET",
              "ENCRYPTION_KEY",
              "JOBS_HMAC_SECRET",
            ),
            MY_OWN_VARIABLE: "kept",
          },
          healthcheck: often(["CMD", "curl", "-fsS", "http://localhost:3001/readyz"]),
        },
        worker: {
          ...kept,
          image: scani("worker"),
          depends_on: { ...stores, "data-provider": healthy },
          environment: {
            ...common,
            ...cloud,
            ...objects,
            SERVICE_NAME: "worker",
            WORKER_CONCURRENCY: "3",
            ...from("ENCRYPTION_KEY"),
          },
        },
        "frontend-app": {
          ...kept,
          image: scani("frontend-app"),
          depends_on: { api: healthy },
          environment: { API_UPSTREAM: "http://api:3001", CSP_CONNECT_SRC: "'self'" },
          ports: [`127.0.0.1:${this.port}:80`],
          healthcheck: often([
            "CMD-SHELL",
            "wget -q -T 4 -O /dev/null http://localhost/healthz || curl -fsS -o /dev/null http://localhost/healthz",
          ]),
        },
      },
      networks: { default: { labels } },
      volumes: { "postgres-data": { labels }, "redis-data": { labels }, "minio-data": { labels } },
    };
  }
}
