import { connectDocker } from "../../../host/engine/connect";
import { packageVersion } from "../../packageVersion";
import { serve } from "../protocol/serve";
import { aString } from "../protocol/shape";
import { containerType } from "./container";
import { networkType } from "./network";
import { volumeType } from "./volume";

/** Address the official plugin uses when neither the program nor the environment names one. */
const defaultHost = "unix:///var/run/docker.sock";

void serve({
  name: "docker",
  version: packageVersion("@pulumi/docker"),
  settings: {
    host: { shape: aString, change: "update" },
    sshOpts: { shape: aString, change: "update" },
    certPath: { shape: aString, change: "update" },
    context: { shape: aString, change: "update" },
    registryAuth: { shape: aString, change: "update" },
    // The engine adds this one: the version of the SDK.
    version: { shape: aString, change: "update" },
  },
  types: ({ host, certPath, registryAuth }) => {
    const docker = connectDocker(typeof host === "string" ? host : process.env.DOCKER_HOST || defaultHost, {
      ...process.env,
      ...(typeof certPath === "string" ? { DOCKER_CERT_PATH: certPath, DOCKER_TLS_VERIFY: "1" } : {}),
    });
    // The SDK sends a list in a provider's settings as JSON text.
    const logins: { address: string }[] = typeof registryAuth === "string" ? JSON.parse(registryAuth) : [];
    return {
      "docker:index/container:Container": containerType(
        docker,
        logins.map(({ address }) => address),
      ),
      "docker:index/network:Network": networkType(docker),
      "docker:index/volume:Volume": volumeType(docker),
    };
  },
});
