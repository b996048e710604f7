import { certificateFolder } from "../connect";
import { loginFor, registryOf } from "../login";
import { batchWords } from "./sshHost";

/** Arguments of Pulumi's Docker provider that make it use the same engine and pull with the same logins. */
export interface PulumiProvider {
  readonly host?: string;
  /** Further arguments for the ssh it runs. */
  readonly sshOpts?: string[];
  /** Folder of certificates, given by its path so that no key gets into the state. */
  readonly certPath?: string;
  /** Empty, because a Docker context named in the environment would otherwise override the host. */
  readonly context?: "";
  /** Registries to log in at. The provider reads Docker's config.json by itself, so no login gets into the state. */
  readonly registryAuth?: Promise<{ address: string }[] | undefined>;
}

/** Returns the arguments of Pulumi's Docker provider. @param images it may have to pull */
export function pulumiProvider(
  host: string | undefined,
  images: readonly string[],
  environment: NodeJS.ProcessEnv,
): PulumiProvider {
  const certPath = certificateFolder(host, environment);
  return {
    ...(host === undefined ? {} : { host }),
    ...(host?.startsWith("ssh://") ? { sshOpts: [...batchWords] } : {}),
    ...(certPath === undefined ? {} : { certPath }),
    ...(environment.DOCKER_CONTEXT ? { context: "" } : {}),
    registryAuth: registriesWithLogin(images, environment),
  };
}

/** Returns the provider's name for a registry. Pure. */
export function providerAddress(registry: string): string {
  return registry === "docker.io" ? "registry-1.docker.io" : registry;
}

async function registriesWithLogin(
  images: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ address: string }[] | undefined> {
  const registries = new Map(images.map((image) => [registryOf(image), image]));
  const found = await Promise.all(
    [...registries].sort().map(async ([registry, image]) => {
      // A broken helper is reported only where an image is missing: an image on the engine needs no login.
      const login = await loginFor(image, environment).catch(() => undefined);
      return login === undefined ? [] : [{ address: providerAddress(registry) }];
    }),
  );
  return found.flat().length === 0 ? undefined : found.flat();
}
