import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../util/operatorError";

/**
 * Host of the current Docker context, which the docker command line follows and dockerode does not know.
 * Undefined for the default context. Layout: `contexts/meta/<sha256 of the name>/meta.json` under Docker's folder.
 * @throws OperatorError when the context has no such file
 */
export function currentContextHost(environment: NodeJS.ProcessEnv): string | undefined {
  const folder = environment.DOCKER_CONFIG || join(homedir(), ".docker");
  const name = environment.DOCKER_CONTEXT || namedIn(join(folder, "config.json"));
  if (name === undefined || name === "default") return undefined;
  const meta = join(folder, "contexts", "meta", createHash("sha256").update(name).digest("hex"), "meta.json");
  if (!existsSync(meta))
    throw new OperatorError({
      what: `The Docker context ${name} is selected but does not exist.`,
      type: "docker context use default",
    });
  return JSON.parse(readFileSync(meta, "utf8")).Endpoints?.docker?.Host;
}

function namedIn(config: string): string | undefined {
  return existsSync(config) ? JSON.parse(readFileSync(config, "utf8")).currentContext : undefined;
}
