import type * as pulumi from "@pulumi/pulumi";
import type { BaseContext } from "./context";
import { endpointsOf } from "./endpoints";
import type { BaseServiceArgs } from "./service";

/** Describes the bundled Redis, with the URL by which a release reaches it. */
export function redis({ settings, secrets, timestamps, addresses }: BaseContext): {
  args: BaseServiceArgs;
  url: pulumi.Output<string>;
} {
  const password = secrets.get("REDIS_PASSWORD");
  const args: BaseServiceArgs = {
    install: settings.name,
    timestamps,
    image: settings.redisImage,
    networks: endpointsOf("redis", addresses),
    environment: { REDIS_PASSWORD: password, REDIS_CONFIGURATION: password.apply(redisConfiguration) },
    // The configuration comes on standard input, so that the password is in no process list; the shell does not look
    // into what a variable holds. The image's own entrypoint, which gives /data to redis and steps down, stays in
    // charge.
    entrypoint: [
      "sh",
      "-c",
      "exec docker-entrypoint.sh redis-server - --appendonly yes <<EOF\n$REDIS_CONFIGURATION\nEOF",
    ],
    health: 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ping | grep -q PONG',
    memory: 256,
    capabilities: ["CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"],
    stopSeconds: 30,
    tmpfs: ["/tmp"],
    dataPath: "/data",
    protect: settings.protectData,
  };
  return { args, url: password.apply(redisUrl) };
}

/**
 * Renders Redis' configuration: a value in double quotes may hold anything, with these two characters escaped. Pure.
 */
function redisConfiguration(password: string): string {
  return `requirepass "${password.replace(/[\\"]/g, "\\$&")}"`;
}

function redisUrl(password: string): string {
  return `redis://:${encodeURIComponent(password)}@redis:6379`;
}
