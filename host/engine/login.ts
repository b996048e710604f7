import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { dockerLogin } from "../../util/commands";
import { messageOf, OperatorError } from "../../util/operatorError";
import { dockerConfig, type DockerConfig } from "./connection/context";

/** A login at a registry, as the engine takes it. */
export type Login = { readonly serveraddress: string } & (
  { readonly username: string; readonly password: string } | { readonly identitytoken: string }
);

/** Docker Hub, and the names under which its logins are stored. */
const hub = "docker.io";
const hubAddress = "https://index.docker.io/v1/";
const hubNames = [hub, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/** Returns the registry an image comes from, as image names spell it. Pure. */
export function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  return rest.length > 0 && (/[.:]/.test(first) || first === "localhost") ? first : hub;
}

/** Place of a registry's login: the login itself, or the helper that stores it. */
export type KeptLogin =
  | { readonly login: Login }
  /** Stored by the program `docker-credential-<helper>`, if at all. */
  | { readonly helper: string; readonly address: string };

/** Returns where the docker command line stores a registry's login; undefined when it has none. Pure. */
export function keptLogin(config: DockerConfig, registry: string): KeptLogin | undefined {
  const address = registry === hub ? hubAddress : registry;
  const helper = ofRegistry(config.credHelpers, registry) ?? config.credsStore;
  if (helper !== undefined && helper !== "") return { helper, address };
  const { auth = "", identitytoken } = ofRegistry(config.auths, registry) ?? {};
  if (identitytoken) return { login: { identitytoken, serveraddress: address } };
  const [, username, password] = /^([^:]+):([^]*)$/.exec(Buffer.from(auth, "base64").toString("utf8")) ?? [];
  if (username === undefined || password === undefined) return undefined;
  return { login: { username, password: password.replace(/\0+$/, ""), serveraddress: address } };
}

/** Returns the entry for a registry, whose name may be spelled as a URL. */
function ofRegistry<T>(kept: Readonly<Record<string, T>> = {}, registry: string): T | undefined {
  const names = registry === hub ? hubNames : [registry];
  return Object.entries(kept).find(([name]) =>
    names.includes(name.replace(/^https?:\/\//, "").replace(/\/.*$/, "")),
  )?.[1];
}

/**
 * Returns the login the docker command line would send when it pulls an image.
 * @throws OperatorError when the helper that stores it does not work
 */
export async function loginFor(image: string, environment: NodeJS.ProcessEnv): Promise<Login | undefined> {
  const kept = keptLogin(dockerConfig(environment), registryOf(image));
  if (kept === undefined) return undefined;
  return "login" in kept ? kept.login : askHelper(kept.helper, kept.address, environment);
}

async function askHelper(helper: string, address: string, environment: NodeJS.ProcessEnv): Promise<Login | undefined> {
  const program = `docker-credential-${helper}`;
  const asked = spawn(program, ["get"], { env: environment, stdio: ["pipe", "pipe", "ignore"] });
  // A helper that ends without reading breaks the pipe; its exit code tells why.
  asked.stdin.on("error", () => undefined).end(address);
  try {
    const [[code], answer] = await Promise.all([once(asked, "close") as Promise<[number]>, text(asked.stdout)]);
    if (code !== 0 && /credentials not found/i.test(answer)) return undefined;
    if (code !== 0) throw new Error(`it ended with ${code}`);
    const { Username: username, Secret: secret } = JSON.parse(answer) as { Username: string; Secret: string };
    return username === "<token>"
      ? { identitytoken: secret, serveraddress: address }
      : { username, password: secret, serveraddress: address };
  } catch (error) {
    throw new OperatorError(
      {
        // The helper's answer is not quoted: it may contain the login.
        what: `${program}, which keeps Docker's logins, does not give the one for ${address} (${error instanceof SyntaxError ? "its answer cannot be read" : messageOf(error)}).`,
        why: "Docker's config.json names it as credsStore or in credHelpers. Set it up, or take it out and log in again.",
        type: loginCommand(address),
      },
      { cause: error instanceof SyntaxError ? undefined : error },
    );
  }
}

/** Returns the command that logs the docker command line in at a registry. Pure. */
export function loginCommand(registry: string): string {
  return dockerLogin([hub, hubAddress].includes(registry) ? undefined : registry);
}
