import type Docker from "dockerode";
import { loginFor, registryOf } from "../../../host/engine/login";
import { providerAddress } from "../../../host/engine/connection/pulumiProvider";
import { isMissing } from "./errors";

/**
 * Pulls an image unless it is on the engine. @throws Error naming the image when it cannot be pulled
 * @param registries with a login
 */
export async function ensureImage(docker: Docker, image: string, registries: readonly string[]): Promise<void> {
  const here = await docker
    .getImage(image)
    .inspect()
    .then(
      () => true,
      (error: unknown) => {
        if (isMissing(error)) return false;
        throw error;
      },
    );
  if (here) return;
  try {
    const login = registries.includes(providerAddress(registryOf(image)))
      ? await loginFor(image, process.env)
      : undefined;
    const stream = await docker.pull(image, login === undefined ? {} : { authconfig: login });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error, events: { error?: string }[] | null) => {
        const failed = error?.message ?? events?.find((event) => event.error)?.error;
        if (failed === undefined) resolve();
        else reject(new Error(failed));
      });
    });
  } catch (error) {
    throw new Error(`Unable to create container with image ${image}: ${(error as Error).message}`, { cause: error });
  }
}
