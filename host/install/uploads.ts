import type { Engine } from "../engine/engine";
import { OperatorError } from "../../util/operatorError";
import { deployCommand, listCommand, parseListing, removeCommand } from "../gateway/deploy";
import { containerName } from "./containerName";

/** Port of the bundled S3 server. */
export const storagePort = 9000;

/** Path at which the bundled S3 server says that it is ready. */
export const storageHealthPath = "/health";

/**
 * Largest file Scani's page uploads, bytes; its api gives no address for a larger one. Source: Scani 0.17.1,
 * config/limits.ts.
 */
const maxUploadBytes = 8 * 1024 * 1024;

/** Seconds an upload may go on after the gateway was told of another storage. */
const drainSeconds = 90;

/** Name of the route by which the gateway knows the bucket. */
export const uploadsRouteName = "storage";

/** Where uploads go in: the bucket's own path on the page's origin. */
export interface UploadsRoute {
  readonly install: string;
  /** Undefined where the S3 server is somebody else's: then the gateway has no such route. */
  readonly bucket?: string;
}

/** What the gateway lists for the route. Pure. */
function wanted({ install, bucket }: UploadsRoute): { path: string; target: string } | undefined {
  return bucket === undefined
    ? undefined
    : { path: `/${bucket}`, target: `${containerName(install, "storage")}:${storagePort}` };
}

/** True when the gateway sends the bucket's path where it should. A gateway that does not answer does not. */
export async function uploadsRouted(engine: Engine, order: UploadsRoute): Promise<boolean> {
  const { exitCode, output } = await engine
    .exec(containerName(order.install, "gateway"), listCommand)
    .catch(() => ({ exitCode: -1, output: "" }));
  if (exitCode !== 0) return false;
  const [is, should] = [parseListing(output).find(({ name }) => name === uploadsRouteName), wanted(order)];
  return is?.path === should?.path && is?.target === should?.target;
}

/**
 * Makes the gateway send the bucket's path to the bundled S3 server, or to nobody where there is none. The path is
 * kept, since it is part of what was signed; who may read or write is decided by the signature alone.
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
