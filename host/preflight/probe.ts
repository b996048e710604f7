import type Docker from "dockerode";
import { answerSeconds, bodyVariable, callScript, parseHeard, without, type Call, type Heard } from "../scani/cloud/call";
import { label } from "../install/labels";
import { capture } from "../engine/attached";
import { HostFailure, messageOf } from "../../util/failure";
import { remove } from "../engine/lifecycle";
import { setCommand, settingNamed } from "../../settings";
import { fromContainer, type Http } from "./http";

/** Seconds after which the probe's container ends by itself, should nobody be left to remove it. */
const limitSeconds = 60;

/** Service by which the probe's container is known, and cleared away. */
const service = "preflight";

/** Variable with the authority's certificate: the release's volume may still be read by the release that serves. */
const authorityVariable = "PREFLIGHT_CA";
const authorityScript = `if [ -n "$${authorityVariable}" ]; then printf '%s\\n' "$${authorityVariable}" > /tmp/ca.pem; export NODE_EXTRA_CA_CERTS=/tmp/ca.pem; fi`;

/** From where is asked, and with what. */
export interface ProbeOrder {
  readonly install: string;
  /** The candidate api, as the engine describes it: created, not started. */
  readonly api: Docker.ContainerInspectInfo;
  /** Address and key of the data-provider the api is pointed at. */
  readonly url: string;
  readonly key: string;
  /** Certificate of a private authority, PEM. */
  readonly caCertificate?: string;
  /** Name of the Pulumi stack, for the command in an error. */
  readonly stack: string;
}

/** A container of its own that stands where the candidate api will stand. */
export interface Probe {
  /** Calls the data-provider. */
  call(call?: Call): Promise<Heard>;
  /** Requests anything from there. */
  readonly http: Http;
}

/**
 * Asks from a container of its own, which has the candidate api's image, networks, name resolution and confinement. The candidate
 * itself is not started, so that a preflight that fails leaves nothing.
 * @throws HostFailure when no such container can be run; whatever the work throws
 */
export async function withProbe<T>(docker: Docker, order: ProbeOrder, work: (probe: Probe) => Promise<T>): Promise<T> {
  await removeLeftovers(docker, order.install);
  const container = await runProbe(docker, order).catch((error: unknown) => { throw cannotAsk(order, error); });
  try {
    return await work({
      async call(call) {
        const script = `${authorityScript}\n${callScript(answerSeconds, call)}`;
        const { output, errors } = await capture(container, ["sh", "-c", script], call?.body === undefined ? [] : [`${bodyVariable}=${call.body}`]);
        return parseHeard(without(order.key, output === "" ? errors : output));
      },
      http: fromContainer(container, authorityScript, []),
    });
  } finally {
    await remove(container);
  }
}

async function runProbe(docker: Docker, { install, api, url, key, caCertificate }: ProbeOrder): Promise<Docker.Container> {
  const { CapDrop, SecurityOpt, ReadonlyRootfs, Tmpfs, Memory, Dns, DnsOptions, DnsSearch, ExtraHosts } = api.HostConfig;
  const [first, ...others] = Object.keys(api.NetworkSettings.Networks);
  const container = await docker.createContainer({
    // By id: its tag may name another image by now.
    Image: api.Image,
    Entrypoint: ["sleep", String(limitSeconds)],
    Cmd: [],
    Env: [`SCANI_CLOUD_URL=${url}`, `SCANI_CLOUD_API_KEY=${key}`, ...(caCertificate === undefined ? [] : [`${authorityVariable}=${caCertificate}`])],
    Labels: { [label.install]: install, [label.service]: service },
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      CapDrop, SecurityOpt, ReadonlyRootfs, Tmpfs, Memory, Dns, DnsOptions, DnsSearch, ExtraHosts,
      LogConfig: { Type: "none", Config: {} }, AutoRemove: true, NetworkMode: first,
    },
  });
  try {
    // Not given at its making: engines before API 1.44 take one network there.
    for (const network of others) await docker.getNetwork(network).connect({ Container: container.id });
    await container.start();
    return container;
  } catch (error) {
    await remove(container);
    throw error;
  }
}

function cannotAsk({ api, stack }: ProbeOrder, error: unknown): HostFailure {
  return new HostFailure(
    `Nothing could be asked from a container of ${api.Config.Image}: ${messageOf(error)}\n`
    + `  If the image is no longer on this engine, type: docker pull ${api.Config.Image}\n  or name another release: ${setCommand(settingNamed("SCANI_IMAGE_TAG"), stack)}`,
  );
}

/** A probe whose process was killed before it could start its container left it behind. */
async function removeLeftovers(docker: Docker, install: string): Promise<void> {
  const left = await docker.listContainers({ all: true, filters: { label: [`${label.install}=${install}`, `${label.service}=${service}`] } });
  await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true }).catch(() => undefined)));
}
