import type Docker from "dockerode";
import { setTimeout as pause } from "node:timers/promises";
import { exec } from "../../host/engine/docker/exec";
import { throwawayLabels } from "./mark";

/** A TLS endpoint in front of a service that speaks plain HTTP. */
export interface FrontArgs {
  readonly install: string;
  /** Image of the gateway, which can do TLS with a certificate it is given. */
  readonly image: string;
  /** Host name of the endpoint and its certificate. */
  readonly host: string;
  readonly port: number;
  /** `host:port` of the service, and a path at which it is healthy. */
  readonly target: string;
  readonly healthPath: string;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/** Milliseconds between two tries, and after which they fail. */
const [pollInterval, timeout] = [100, 30_000];

/**
 * Returns a command that writes the certificate from the environment to files for the proxy, so that nothing has to be
 * copied into the container.
 */
const run = (port: number) =>
  `umask 077; printf '%s' "$CERTIFICATE" > /tmp/certificate.pem; printf '%s' "$KEY" > /tmp/key.pem; exec kamal-proxy run --https-port=${port}`;

/**
 * Starts the endpoint on the install's data network. Resolves once it serves; it carries the install's label.
 * @throws Error with the proxy's message
 */
export async function startTlsFront(docker: Docker, args: FrontArgs): Promise<string> {
  const { install, image, host, port, target, healthPath, certificate, key } = args;
  const network = `${install}-data`;
  const container = await docker.createContainer({
    name: `${install}-${host.split(".")[0]}`,
    Image: image,
    Entrypoint: ["sh", "-c", run(port)],
    Cmd: [],
    Env: [`CERTIFICATE=${certificate}`, `KEY=${key}`],
    Labels: throwawayLabels(install, "hosted"),
    HostConfig: { Init: true, NetworkMode: network },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [host] } } },
  });
  await container.start();
  const deploy = [
    "kamal-proxy",
    "deploy",
    "hosted",
    `--target=${target}`,
    `--host=${host}`,
    `--health-check-path=${healthPath}`,
    "--tls",
    "--tls-certificate-path=/tmp/certificate.pem",
    "--tls-private-key-path=/tmp/key.pem",
  ];
  for (const until = Date.now() + timeout; ; await pause(pollInterval)) {
    // The first tries may come before the proxy listens.
    const { exitCode, output } = await exec(container, deploy);
    if (exitCode === 0) return `https://${host}:${port}`;
    if (Date.now() > until) throw new Error(`the TLS endpoint before ${target} does not come up: ${output}`);
  }
}
