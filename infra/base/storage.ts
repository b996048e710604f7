import type { BaseContext } from "./context";
import { endpointsOf } from "./endpoints";
import type { BaseServiceArgs } from "./service";
import { storageCommand, storageHealthPath, storagePort } from "../../host/install/storage/uploads";

/** Describes the bundled S3 server. */
export function storage({ settings, secrets, timestamps, addresses }: BaseContext): BaseServiceArgs {
  const ready = `http://127.0.0.1:${storagePort}${storageHealthPath}`;
  return {
    install: settings.name,
    timestamps,
    image: settings.storageImage,
    networks: endpointsOf("storage", addresses),
    environment: {
      ROOT_ACCESS_KEY: secrets.get("S3_ACCESS_KEY_ID"),
      ROOT_SECRET_KEY: secrets.get("S3_SECRET_ACCESS_KEY"),
      // Without it the server closes each connection, and Scani's client (Bun's) takes every write, copy and delete
      // for failed.
      VGW_KEEP_ALIVE: "true",
    },
    entrypoint: ["sh", "-c", storageCommand(settings.S3_BUCKET, settings.S3_REGION)],
    health: `wget -q -O /dev/null ${ready} || curl -fsS -o /dev/null ${ready}`,
    memory: 256,
    stopSeconds: 30,
    tmpfs: ["/tmp"],
    dataPath: "/data",
    protect: settings.protectData,
  };
}
