import * as pulumi from "@pulumi/pulumi";
import type { BaseContext } from "./context";
import { BaseService } from "./service";

/** The bundled Redis, and the URL a release reaches it by. */
export function redis({ settings, secrets, networks, stamps }: BaseContext, opts: pulumi.ComponentResourceOptions) {
  const password = secrets.get("REDIS_PASSWORD");
  const service = new BaseService(
    "redis",
    {
      install: settings.name,
      stamps,
      image: settings.redisImage,
      networks: [{ name: networks.data.name, aliases: ["redis"] }],
      environment: { REDIS_PASSWORD: password },
      // The configuration comes on standard input, so that the password is in no process list. The image's own
      // entrypoint, which gives /data to redis and steps down, stays in charge.
      entrypoint: [
        "sh",
        "-c",
        "exec docker-entrypoint.sh redis-server - --appendonly yes <<EOF\nrequirepass $REDIS_PASSWORD\nEOF",
      ],
      health: 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ping | grep -q PONG',
      memory: 256,
      capabilities: ["CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"],
      stopSeconds: 30,
      tmpfs: ["/tmp"],
      dataPath: "/data",
      protect: settings.protectData,
    },
    opts,
  );
  return { service, url: pulumi.interpolate`redis://:${password.apply(encodeURIComponent)}@redis:6379` };
}
