import type { ContainerDetails, ContainerState, Engine } from "../../engine/engine";
import { OperatorError } from "../../../util/operatorError";
import {
  deployCommand,
  isForAllHosts,
  isHeld,
  listCommand,
  parseListing,
  removeCommand,
  type Listed,
} from "../../gateway/deploy";
import { containerName } from "../names/containerName";
import { replaceable } from "../services/bundled";
import { valueIn } from "../services/environment";
import type { Bucket } from "./bucket";

/** Port of the bundled S3 server. */
export const storagePort = 9000;

/** URL by which containers on the data network reach the bundled S3 server. */
export const storageUrl = `http://${replaceable.storage.host}:${storagePort}`;

/** Path at which the bundled S3 server says that it is ready. */
export const storageHealthPath = "/health";

/**
 * Largest file Scani's page uploads, bytes; its api gives no address for a larger one. Source: Scani 0.17.1,
 * config/limits.ts.
 */
const maxUploadBytes = 8 * 1024 * 1024;

/** Seconds an upload may go on after the gateway was switched to another storage. */
const drainSeconds = 90;

/** Name of the route by which the gateway knows the bucket. */
export const uploadsRouteName = "storage";

/** Returns the shell command of the bundled S3 server: Versity S3 Gateway over plain files, a directory per bucket. */
export function storageCommand(bucket: string, region: string): string {
  return `mkdir -p /data/${bucket} && exec versitygw --port :${storagePort} --health ${storageHealthPath} --region ${region} posix /data`;
}

/** Returns the bucket of an S3 server whose entrypoint is `storageCommand`; undefined for any other. Pure. */
export function bucketMadeBy(entrypoint: readonly string[]): string | undefined {
  return /^mkdir -p \/data\/([a-z0-9.-]+) && exec versitygw /.exec(entrypoint.at(-1) ?? "")?.[1];
}

/**
 * Returns the bucket of the bundled S3 server, as containers on the data network reach it, with the server's own keys;
 * undefined for any other server. Pure.
 */
export function bucketServedBy({
  entrypoint,
  environment,
}: Pick<ContainerDetails, "entrypoint" | "environment">): Bucket | undefined {
  const bucket = bucketMadeBy(entrypoint);
  const region = / --region (\S+) /.exec(entrypoint.at(-1) ?? "")?.[1];
  if (bucket === undefined || region === undefined) return undefined;
  const { S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = replaceable.storage.credentials;
  return {
    endpoint: storageUrl,
    bucket,
    region,
    accessKeyId: valueIn(environment, S3_ACCESS_KEY_ID),
    secretAccessKey: valueIn(environment, S3_SECRET_ACCESS_KEY),
  };
}

/** Route of uploads: the bucket's own path on the page's origin. */
export interface UploadsRoute {
  readonly install: string;
  /** Undefined where the S3 server is managed: then the gateway has no such route. */
  readonly bucket?: string;
}

/** State of uploads through the page's origin to the bundled S3 server at one moment. */
export interface Uploads {
  /** Docker name of the server's container. */
  readonly container: string;
  /** Undefined where that is gone. */
  readonly state: ContainerState | undefined;
  /** Undefined where the container's entrypoint does not tell. */
  readonly bucket?: string;
  /** The gateway's service for them; undefined where there is none. */
  readonly route?: Listed;
  /** Problem with the answer to a request through the gateway; undefined where none was found or looked for. */
  readonly unanswered?: string;
}

/** True where the gateway sends uploads to the S3 server, whether or not it holds them or the server runs. Pure. */
export function areUploadsRouted({ container, bucket, route }: Uploads): boolean {
  return (
    route !== undefined &&
    isForAllHosts(route) &&
    route.target === `${container}:${storagePort}` &&
    (bucket === undefined || route.path === uploadsPath(bucket))
  );
}

/** Returns why uploads fail; undefined where they do not. Pure. */
export function uploadsProblem(uploads: Uploads): string | undefined {
  const { container, state, route, unanswered } = uploads;
  if (!areUploadsRouted(uploads)) return `the gateway does not send them to ${container}`;
  if (route !== undefined && isHeld(route)) return "they are held or refused at the gateway";
  if (state !== "running") return `${container} is ${state ?? "gone"}`;
  return unanswered && `${container} through the gateway: ${unanswered}`;
}

/** Returns the path of the uploads on the page's origin. Pure. */
export function uploadsPath(bucket: string): string {
  return `/${bucket}`;
}

/** Returns the path and target the gateway is to list for the route; undefined where it is to have none. Pure. */
function wanted({ install, bucket }: UploadsRoute): { path: string; target: string } | undefined {
  return bucket === undefined
    ? undefined
    : { path: uploadsPath(bucket), target: `${containerName(install, "storage")}:${storagePort}` };
}

/** True where, of these services of a gateway, one sends the bucket's path where it should, if one is to. Pure. */
export function isUploadsRouteIn(services: readonly Listed[], order: UploadsRoute): boolean {
  const [is, should] = [services.find(({ name }) => name === uploadsRouteName), wanted(order)];
  return is?.path === should?.path && is?.target === should?.target;
}

/** True when the gateway sends the bucket's path where it should; false for one that does not answer. */
export async function uploadsRouted(engine: Engine, order: UploadsRoute): Promise<boolean> {
  const { exitCode, output } = await engine
    .exec(containerName(order.install, "gateway"), listCommand)
    .catch(() => ({ exitCode: -1, output: "" }));
  return exitCode === 0 && isUploadsRouteIn(parseListing(output), order);
}

/**
 * Makes the gateway send the bucket's path to the bundled S3 server, or removes the route where there is none. The path
 * is kept, since it is part of what was signed; the signature alone decides who may read or write.
 * @throws OperatorError with the gateway's own words
 */
export async function routeUploads(engine: Engine, order: UploadsRoute): Promise<void> {
  if (await uploadsRouted(engine, order)) return;
  const should = wanted(order);
  const words =
    should === undefined
      ? removeCommand(uploadsRouteName)
      : deployCommand({
          name: uploadsRouteName,
          target: should.target,
          prefixes: [should.path],
          strip: false,
          healthPath: storageHealthPath,
          drainSeconds,
          maxBodyBytes: maxUploadBytes,
        });
  const { exitCode, output } = await engine.exec(containerName(order.install, "gateway"), words);
  if (exitCode !== 0) throw new OperatorError({ what: `The gateway refuses the route of the uploads: ${output}` });
}
