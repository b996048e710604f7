import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { readJsonIfThere } from "../../../util/files/readJsonIfThere";

/** Returns the docker command line's configuration folder. */
export function dockerFolder(environment: NodeJS.ProcessEnv): string {
  return environment.DOCKER_CONFIG || join(homedir(), ".docker");
}

/** The docker command line's config.json, as far as it is read here: the current context and the logins. */
export interface DockerConfig {
  readonly currentContext?: string;
  /** Logins by registry; empty ones where a helper keeps them. */
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  /** Helper that keeps every login. */
  readonly credsStore?: string;
  /** Helpers that keep the logins of some registries. */
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** Reads the docker command line's config.json; empty without one. @throws OperatorError when it cannot be read */
export function dockerConfig(environment: NodeJS.ProcessEnv): DockerConfig {
  return readJsonIfThere(join(dockerFolder(environment), "config.json")) ?? {};
}

/** A context of the docker command line. */
export interface DockerContext {
  readonly name: string;
  /** Undefined when there is no such context. */
  readonly host?: string;
  /** Folder with ca.pem, cert.pem and key.pem, where it has them. */
  readonly certificates?: string;
}

/** A context's file, as far as it is read here. */
interface ContextFile {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string } };
}

/**
 * Returns the current Docker context, which the docker command line follows and dockerode does not know. Undefined for
 * the default one. Layout: `contexts/meta/<sha256 of the name>/meta.json` and `contexts/tls/<the same>/docker/*.pem`.
 * @throws OperatorError when a file of it cannot be read
 */
export function currentContext(environment: NodeJS.ProcessEnv): DockerContext | undefined {
  const name = environment.DOCKER_CONTEXT || dockerConfig(environment).currentContext;
  // DOCKER_HOST overrides the context, as with the docker command line.
  if (environment.DOCKER_HOST || name === undefined || name === "" || name === "default") return undefined;
  const [contexts, id] = [join(dockerFolder(environment), "contexts"), createHash("sha256").update(name).digest("hex")];
  const meta = readJsonIfThere(join(contexts, "meta", id, "meta.json")) as ContextFile | undefined;
  if (meta === undefined) return { name };
  const certificates = join(contexts, "tls", id, "docker");
  return {
    name,
    host: meta.Endpoints?.docker?.Host,
    ...(existsSync(certificates) ? { certificates } : {}),
  };
}
