import type Docker from "dockerode";
import { connectDocker } from "../../host/engine/connect";
import { engineOver } from "../../host/engine/docker/dockerEngine";
import type { Engine } from "../../host/engine/engine";
import { clientHeader } from "../../lab/clients";
import {
  chooseBucket,
  cleanUp,
  contextOn,
  layOut,
  policyFor,
  startBucket,
  hostedEnvironment,
  startHosted,
  type HostedBucket,
  type StackSettings,
  type TestKind,
  type Throwaway,
} from "../../lab/throwaway";
import type { Context } from "../../ops/context";
import { preview } from "../../ops/preview";
import { up } from "../../ops/up";
import { ensureImages, type ImageSet } from "../../lab/images";
import { until } from "./traffic";

/** A throwaway install with stand-in services on a real engine, driven by real Pulumi. */
export interface Scene {
  readonly docker: Docker;
  /** The same engine, as the product uses it. */
  readonly engine: Engine;
  readonly place: Throwaway;
  readonly images: ImageSet;
  /** Image of the hosted endpoint: a stand-in whose faults can be set. */
  readonly hostedImage: string;
  /** Bucket the page uploads to on tier 2. */
  readonly bucket: HostedBucket;
  /** Environment that names that bucket to another hosted endpoint. */
  readonly bucketEnvironment: Readonly<Record<string, string>>;
  /** Lines Pulumi and the Handover have printed. */
  readonly output: string[];
  /** Does what `npm run up -- <stack>` does on this install. @returns its output. Rejects when Pulumi fails. */
  up(stack: string): Promise<string>;
  /** Does what `npm run preview -- <stack>` does. @returns its output, which is not in `output` */
  preview(stack: string): Promise<string>;
  /** Resolves when a text is printed from now on, for actions in the middle of an `up`. */
  untilPrinted(text: string, withinMs?: number): Promise<void>;
  fetchJson<T>(path: string, init?: RequestInit): Promise<T>;
}

/** Key the stand-in hosted endpoint was issued with. */
export const issuedKey = "issued-key-of-the-hosted-endpoint";

/** Alias and port of the hosted endpoint. */
const hosted = { alias: "hosted.internal", port: 8082 };

/**
 * Lays an install out and brings base up, with the hosted endpoint next to it.
 * @param on another engine than the machine's, with the images on it, which the settings must name too; or other images
 * than the stand-ins
 */
export async function openScene(
  kind: TestKind,
  settings: StackSettings = {},
  on?: Partial<Pick<Scene, "docker" | "images" | "hostedImage" | "bucket">>,
): Promise<Scene> {
  const docker = on?.docker ?? connectDocker();
  const images = on?.images ?? (await ensureImages({ docker, log: () => undefined }));
  const hostedImage = on?.hostedImage ?? `${images.scaniRepository}/data-provider:${images.scaniTag}`;
  const bucket = on?.bucket ?? (await chooseBucket(docker));
  const place = await layOut(kind, images, {
    ...settings,
    tier2: {
      SCANI_CLOUD_URL: `http://${hosted.alias}:${hosted.port}`,
      SCANI_CLOUD_API_KEY: issuedKey,
      CSP_CONNECT_SRC: policyFor(bucket),
      carryFiles: "yes",
      ...settings.tier2,
    },
  });
  const output: string[] = [];
  let asked = 0;
  const bucketEnvironment: Record<string, string> = {};
  const scene: Scene = {
    docker,
    engine: engineOver(docker),
    place,
    images,
    hostedImage,
    bucket,
    bucketEnvironment,
    output,
    async up(stack) {
      const from = output.length;
      await up(
        contextOn(place, (line) => output.push(line)),
        stack,
      );
      return output.slice(from).join("\n");
    },
    async preview(stack) {
      const printed: string[] = [];
      await preview(
        contextOn(place, (line) => printed.push(line)),
        stack,
      );
      return printed.join("\n");
    },
    async untilPrinted(text, withinMs = 120_000) {
      const from = output.length;
      await until(async () => output.slice(from).some((line) => line.includes(text)), withinMs).catch(() => {
        throw new Error(`it did not print ${text}:\n${output.slice(from).join("\n")}`);
      });
    },
    async fetchJson(path, init) {
      asked += 1;
      const response = await fetch(`${place.url}${path}`, {
        ...init,
        headers: { ...clientHeader(asked, 80), ...init?.headers },
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json() as never;
    },
  };
  try {
    await scene.up("base");
    Object.assign(
      bucketEnvironment,
      await startBucket(docker, { install: place.install, image: images.storage, page: place.url }, bucket),
    );
    await startHosted(docker, {
      install: place.install,
      image: hostedImage,
      alias: hosted.alias,
      port: hosted.port,
      // With a managed mail server base has no network for mail.
      mail: settings.base?.SMTP_URL === undefined,
      environment: hostedEnvironment(issuedKey, bucketEnvironment),
    });
  } catch (error) {
    await closeScene(scene);
    throw error;
  }
  return scene;
}

/** Runs a command on a scene's stack that must fail. @returns its output */
export async function failing(
  { place }: Scene,
  command: (context: Context, stack: string) => Promise<void>,
  stack: string,
): Promise<string> {
  const printed: string[] = [];
  await expect(
    command(
      contextOn(place, (line) => printed.push(line)),
      stack,
    ),
  ).rejects.toThrow();
  return printed.join("\n");
}

/** Removes the install. */
export async function closeScene(scene: Scene | undefined): Promise<void> {
  if (scene !== undefined) await cleanUp(scene.docker, scene.place);
}
