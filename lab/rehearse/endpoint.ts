import type Docker from "dockerode";
import { readPlatform } from "../../host/install/platform";
import type { ImageKind } from "../setup/realImages";
import {
  contextOn,
  startBucket,
  startHosted,
  startHostedOnStores,
  startTlsFront,
  type HostedBucket,
  type Throwaway,
  type ThrowawayImages,
} from "../throwaway";
import { stackOutputs } from "../../ops/pulumi/stackOutputs";
import type { Authority } from "./authority";

/** Tier 2's endpoint in a rehearsal, and the key it was issued with. */
export const hosted = {
  alias: "hosted.rehearsal.internal",
  port: 8443,
  url: "https://hosted.rehearsal.internal:8443",
  key: "issued-key-of-the-rehearsal",
} as const;

/** Scani's own data-provider behind the endpoint, which needs one because it speaks no TLS itself. */
const origin = { alias: "origin", port: 8082 } as const;

/** Images, certificate and bucket of the endpoint. */
export interface EndpointArgs {
  readonly images: ThrowawayImages;
  readonly authority: Authority;
  readonly bucket: HostedBucket;
}

/**
 * Starts tier 2's hosted endpoint with its own bucket, over TLS with a certificate of a private authority; base must be
 * up.
 */
export async function startEndpoint(
  docker: Docker,
  kind: ImageKind,
  place: Throwaway,
  { images, authority, bucket: chosen }: EndpointArgs,
): Promise<void> {
  const bucket = await startBucket(docker, { install: place.install, image: images.storage, page: place.url }, chosen);
  const image = `${images.scaniRepository}/data-provider:${images.scaniTag}`;
  if (kind === "stand-in") {
    await startHosted(docker, {
      install: place.install,
      image,
      ...hosted,
      scheme: "https",
      mail: true,
      environment: {
        NODE_ENV: "production",
        SERVICE_NAME: "data-provider",
        STANDIN_HOSTED: "1",
        STANDIN_TLS_CERT: authority.certificate,
        STANDIN_TLS_KEY: authority.key,
        LOG_ID_PEPPER: "pepper-of-the-rehearsal",
        BETTER_AUTH_SECRET: "secret-of-the-rehearsed-endpoint-0123",
        DATA_PROVIDER_API_KEY: hosted.key,
        ...bucket,
      },
    });
    return;
  }
  const outputs = await stackOutputs(contextOn(place), "base");
  await startHostedOnStores(
    docker,
    { install: place.install, image, ...origin, key: hosted.key, bucket, mail: true },
    readPlatform(outputs?.platform),
  );
  await startTlsFront(docker, {
    install: place.install,
    image: images.gateway,
    host: hosted.alias,
    port: hosted.port,
    target: `${origin.alias}:${origin.port}`,
    healthPath: "/health",
    certificate: authority.certificate,
    key: authority.key,
  });
}
