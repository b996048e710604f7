import type Docker from "dockerode";
import { randomBytes } from "node:crypto";
import { engineOver } from "../../host/engine/docker/dockerEngine";
import { untilReady } from "../../host/engine/containers/ready";
import { throwawayLabels } from "./mark";
import { hostAddress } from "./network";
import { freePorts } from "./ports";

/** The hosted operator's bucket, on another origin than the page, as always on tier 2. */
export interface HostedBucket {
  /** Origin a page uploads to; tier 2's CSP_CONNECT_SRC has to allow it. */
  readonly origin: string;
  /** Address and port of this machine it is published on; undefined if only containers reach it. */
  readonly published?: { readonly address: string; readonly port: number };
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Install, image and page of a bucket. */
export interface BucketArgs {
  readonly install: string;
  /** Image of the S3 server. */
  readonly image: string;
  /** Origin of the page that may put files there. */
  readonly page: string;
}

const [name, region, port] = ["hosted-uploads", "us-east-1", 9000];

/** Names by which containers reach it: one for the endpoint, and a public-looking one for tests without a browser. */
const [alias, publicAlias] = ["hosted-bucket", "bucket.hosted.test"];

/**
 * Chooses a bucket's address and keys; starts nothing. Tier 2's settings name the address before there is an install.
 * @param reach clients that are to reach it: those of this machine, or only containers, on an engine whose ports are
 * not this machine's
 */
export async function chooseBucket(docker: Docker, reach: "machine" | "containers" = "machine"): Promise<HostedBucket> {
  const keys = { accessKeyId: randomBytes(32).toString("hex"), secretAccessKey: randomBytes(32).toString("hex") };
  if (reach === "containers") return { origin: `http://${publicAlias}:${port}`, ...keys };
  const [own] = (await freePorts(1)) as [number];
  const published = { address: await hostAddress(docker), port: own };
  return { origin: `http://${published.address}:${own}`, published, ...keys };
}

/** Returns the `connect-src` of a page that uploads there. */
export function policyFor({ origin }: Pick<HostedBucket, "origin">): string {
  return `'self' ${origin}`;
}

/**
 * Starts the S3 server of a bucket and waits until it is ready. It carries the install's label, so it is removed with
 * the install.
 * @returns environment that tells a data-provider on the install's data network about it
 */
export async function startBucket(
  docker: Docker,
  { install, image, page }: BucketArgs,
  bucket: HostedBucket,
): Promise<Readonly<Record<string, string>>> {
  const container = await docker.createContainer({
    name: `${install}-${alias}`,
    Image: image,
    Entrypoint: [
      "sh",
      "-c",
      `mkdir -p /data/${name} && exec versitygw --port :${port} --health /health --region ${region} posix /data`,
    ],
    Cmd: [],
    // A page of another origin gets this origin in the response, so its browser refuses the upload.
    Env: [
      `ROOT_ACCESS_KEY=${bucket.accessKeyId}`,
      `ROOT_SECRET_KEY=${bucket.secretAccessKey}`,
      "VGW_KEEP_ALIVE=true",
      `VGW_CORS_ALLOW_ORIGIN=${page}`,
    ],
    Labels: throwawayLabels(install, alias),
    ExposedPorts: { [`${port}/tcp`]: {} },
    Healthcheck: {
      Test: [
        "CMD-SHELL",
        `wget -q -O /dev/null http://127.0.0.1:${port}/health || curl -fsS -o /dev/null http://127.0.0.1:${port}/health`,
      ],
      Interval: 30e9,
      StartPeriod: 1e9,
    },
    HostConfig: {
      Init: true,
      // The data network is internal and so has no published ports.
      NetworkMode: `${install}-edge`,
      PortBindings:
        bucket.published === undefined
          ? {}
          : { [`${port}/tcp`]: [{ HostIp: bucket.published.address, HostPort: String(bucket.published.port) }] },
    },
    NetworkingConfig: { EndpointsConfig: { [`${install}-edge`]: { Aliases: [publicAlias] } } },
  });
  await docker.getNetwork(`${install}-data`).connect({ Container: container.id, EndpointConfig: { Aliases: [alias] } });
  await container.start();
  await untilReady(
    engineOver(docker),
    { id: container.id, name: `${install}-${alias}`, title: "hosted bucket" },
    { timeoutSeconds: 60, signal: new AbortController().signal, waiting: () => undefined },
  );
  return {
    S3_ENDPOINT: `http://${alias}:${port}`,
    S3_PUBLIC_ENDPOINT: bucket.origin,
    S3_BUCKET: name,
    S3_REGION: region,
    S3_ACCESS_KEY_ID: bucket.accessKeyId,
    S3_SECRET_ACCESS_KEY: bucket.secretAccessKey,
  };
}
