import * as pulumi from "@pulumi/pulumi";
import type { BaseContext } from "./context";
import { BaseService } from "./service";

/** The bundled S3 server: Versity S3 Gateway over plain files, where a bucket is a directory. */
export function storage({ settings, secrets, networks, stamps }: BaseContext, opts: pulumi.ComponentResourceOptions) {
  const bucket = settings.need("S3_BUCKET");
  const service = new BaseService("storage", {
    install: settings.need("name"),
    stamps,
    image: settings.need("storageImage"),
    networks: [{ name: networks.data.name, aliases: ["storage"] }],
    environment: {
      ROOT_ACCESS_KEY: secrets.get("S3_ACCESS_KEY_ID"),
      ROOT_SECRET_KEY: secrets.get("S3_SECRET_ACCESS_KEY"),
    },
    entrypoint: ["sh", "-c", `mkdir -p /data/${bucket} && exec versitygw --port :9000 --health /health --region ${settings.need("S3_REGION")} posix /data`],
    health: "wget -q -O /dev/null http://127.0.0.1:9000/health || curl -fsS -o /dev/null http://127.0.0.1:9000/health",
    memory: 256,
    stopSeconds: 30,
    tmpfs: ["/tmp"],
    dataPath: "/data",
    protect: settings.flag("protectData"),
  }, opts);
  return { service, endpoint: "http://storage:9000" };
}
