import type Docker from "dockerode";
import { engineOver } from "../../host/engine/docker/dockerEngine";
import { untilReady } from "../../host/engine/containers/ready";
import { throwawayLabels } from "./mark";

/** A data-provider that plays the hosted endpoint of tier 2. */
export interface HostedArgs {
  readonly install: string;
  readonly image: string;
  /** Name the release reaches it by; without a dot, so that plain http is allowed. */
  readonly alias: string;
  /** Environment of the container, `NAME` to value. */
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  readonly scheme?: "http" | "https";
  /** Send its mails by the install's own catcher, over its network. */
  readonly mail?: boolean;
}

/**
 * Returns the environment of a stand-in data-provider that plays the hosted endpoint.
 * @param key it accepts
 * @param bucket environment that names its bucket
 */
export function hostedEnvironment(key: string, bucket: Readonly<Record<string, string>>): Record<string, string> {
  return {
    STANDIN_HOSTED: "1",
    SERVICE_NAME: "data-provider",
    NODE_ENV: "production",
    LOG_ID_PEPPER: "pepper-of-the-hosted",
    DATA_PROVIDER_API_KEY: key,
    BETTER_AUTH_SECRET: "secret-of-the-hosted-endpoint-0123456789",
    ...bucket,
  };
}

/** Environment with which a data-provider reaches the install's mail catcher. */
const mailEnvironment = { SMTP_URL: "smtp://mailpit:1025", SMTP_FROM: '"Scani (hosted)" <scani@hosted.test>' };

/**
 * Starts the endpoint on the install's data network, the one network every service of a release is on, and waits until
 * it is healthy. It carries the install's label, so it is removed with the install.
 * @returns its address as a release sees it
 */
export async function startHosted(
  docker: Docker,
  args: HostedArgs,
): Promise<{ url: string; container: Docker.Container }> {
  const scheme = args.scheme ?? "http";
  const name = `${args.install}-${args.alias.split(".")[0]}`;
  const container = await docker.createContainer({
    name,
    Image: args.image,
    Env: Object.entries({
      ...(args.mail === true ? mailEnvironment : {}),
      ...args.environment,
      PORT: String(args.port),
    }).map(([key, value]) => `${key}=${value}`),
    Labels: throwawayLabels(args.install, "hosted"),
    Healthcheck: {
      Test: ["CMD-SHELL", `curl -skf ${scheme}://127.0.0.1:${args.port}/health`],
      Interval: 30e9,
      StartPeriod: 1e9,
    },
    HostConfig: { Init: true, NetworkMode: `${args.install}-data` },
    NetworkingConfig: { EndpointsConfig: { [`${args.install}-data`]: { Aliases: [args.alias] } } },
  });
  if (args.mail === true) await docker.getNetwork(`${args.install}-mail`).connect({ Container: container.id });
  await container.start();
  await untilReady(
    engineOver(docker),
    { id: container.id, name, title: "hosted endpoint" },
    { timeoutSeconds: 60, signal: new AbortController().signal, waiting: () => undefined },
  );
  return { url: `${scheme}://${args.alias}:${args.port}`, container };
}
