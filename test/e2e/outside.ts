import type Docker from "dockerode";
import { randomBytes } from "node:crypto";
import { exec } from "../../host/engine/docker/exec";
import type { Authority } from "../../lab/rehearse/authority";
import type { ThrowawayImages } from "../../lab/throwaway";
import { throwawayLabels } from "../../lab/throwaway";
import { freePorts } from "../../lab/throwaway/ports";
import { until } from "./traffic";

/** Postgres, Redis, S3 and SMTP of somebody else, outside the install's networks. */
export interface Outside {
  /** Settings of base that name them. */
  readonly settings: Readonly<Record<string, string>>;
  /**
   * Starts them and waits until Postgres accepts connections. @param mailPort of the mail catcher's page, on loopback
   */
  start(docker: Docker, install: string, page: string, mailPort: number): Promise<void>;
  /** Gives Postgres its name on base's networks, which must exist. */
  name(docker: Docker, install: string): Promise<void>;
}

const [bucket, region] = ["papers", "eu-west-1"];

/**
 * Postgres' name: its certificate is for a name, not an address. The engine's DNS knows only names on shared networks.
 */
export const databaseName = "db.outside.test";

/** Chooses addresses and passwords; starts nothing. @param authority that signed Postgres' certificate for its name */
export async function chooseOutside(address: string, images: ThrowawayImages, authority: Authority): Promise<Outside> {
  const [redis, storage, smtp] = (await freePorts(3)) as [number, number, number];
  const [postgresPassword, redisPassword, keyId, key] = Array.from({ length: 4 }, () =>
    randomBytes(16).toString("hex"),
  ) as [string, string, string, string];

  return {
    settings: {
      DATABASE_URL: `postgres://scani:${postgresPassword}@${databaseName}:5432/scani?sslmode=verify-full`,
      REDIS_URL: `redis://:${redisPassword}@${address}:${redis}`,
      S3_ENDPOINT: `http://${address}:${storage}`,
      // This address works for a browser on this machine, but not in a container.
      S3_PUBLIC_ENDPOINT: `http://127.0.0.1:${storage}`,
      S3_BUCKET: bucket,
      S3_REGION: region,
      S3_ACCESS_KEY_ID: keyId,
      S3_SECRET_ACCESS_KEY: key,
      SMTP_URL: `smtp://${address}:${smtp}`,
    },
    async start(docker, install, page, mailPort) {
      const network = `${install}-outside`;
      await docker.createNetwork({ Name: network, Labels: throwawayLabels(install) });
      const run = async (
        service: string,
        image: string,
        options: { env?: string[]; script?: string; ports: Readonly<Record<number, [ip: string, port: number][]>> },
      ): Promise<Docker.Container> => {
        const container = await docker.createContainer({
          name: `${install}-${service}`,
          Image: image,
          Env: options.env,
          ...(options.script === undefined ? {} : { Entrypoint: ["sh", "-c", options.script], Cmd: [] }),
          Labels: throwawayLabels(install, "outside"),
          ExposedPorts: Object.fromEntries(Object.keys(options.ports).map((port) => [`${port}/tcp`, {}])),
          HostConfig: {
            Init: true,
            NetworkMode: network,
            PortBindings: Object.fromEntries(
              Object.entries(options.ports).map(([port, at]) => [
                `${port}/tcp`,
                at.map(([HostIp, to]) => ({ HostIp, HostPort: String(to) })),
              ]),
            ),
          },
        });
        await container.start();
        return container;
      };
      const [database] = await Promise.all([
        run("postgres", images.postgres, {
          env: [
            "POSTGRES_USER=scani",
            "POSTGRES_DB=scani",
            `POSTGRES_PASSWORD=${postgresPassword}`,
            `TLS_CERTIFICATE=${authority.certificate}`,
            `TLS_KEY=${authority.key}`,
          ],
          script: [
            `umask 077`,
            `printf '%s\\n' "$TLS_CERTIFICATE" > /tmp/server.pem`,
            `printf '%s\\n' "$TLS_KEY" > /tmp/server.key`,
            `chown postgres /tmp/server.pem /tmp/server.key`,
            `exec docker-entrypoint.sh postgres -c ssl=on -c ssl_cert_file=/tmp/server.pem -c ssl_key_file=/tmp/server.key`,
          ].join("\n"),
          ports: {},
        }),
        run("redis", images.redis, {
          script: `exec redis-server --requirepass ${redisPassword}`,
          ports: { 6379: [[address, redis]] },
        }),
        run("storage", images.storage, {
          env: [
            `ROOT_ACCESS_KEY=${keyId}`,
            `ROOT_SECRET_KEY=${key}`,
            "VGW_KEEP_ALIVE=true",
            `VGW_CORS_ALLOW_ORIGIN=${page}`,
          ],
          script: `mkdir -p /data/${bucket} && exec versitygw --port :9000 --region ${region} posix /data`,
          ports: {
            9000: [
              [address, storage],
              ["127.0.0.1", storage],
            ],
          },
        }),
        run("mail", images.mail, { ports: { 1025: [[address, smtp]], 8025: [["127.0.0.1", mailPort]] } }),
      ]);
      // Check over TCP: while the image creates the database, the server listens on its socket only.
      const ready = ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "scani"];
      await until(async () => (await exec(database, ready)).exitCode === 0, 30_000);
    },
    async name(docker, install) {
      for (const network of ["edge", "data"])
        await docker
          .getNetwork(`${install}-${network}`)
          .connect({ Container: `${install}-postgres`, EndpointConfig: { Aliases: [databaseName] } });
    },
  };
}
