import type Docker from "dockerode";
import { answerSeconds, callScript, parseHeard, without, type Heard } from "../cloud/call";
import { label } from "../container/labels";
import { HostFailure, messageOf } from "../engine/failure";
import { runOnce } from "../engine/oneOff";
import { setCommand, settingNamed } from "../settings";

/** Seconds the engine may take for the whole of it. */
const limitSeconds = 30;

/** Service by which the probe's container is known, and cleared away. */
const service = "preflight";

/** The authority's certificate comes as a variable: the release's volume may still be read by the release that serves. */
const authorityScript = "if [ -n \"$PREFLIGHT_CA\" ]; then printf '%s\\n' \"$PREFLIGHT_CA\" > /tmp/ca.pem; export NODE_EXTRA_CA_CERTS=/tmp/ca.pem; fi";

/** What is asked, and from where. */
export interface ProbeOrder {
  readonly install: string;
  /** The candidate api, as the engine describes it: created, not started. */
  readonly api: Docker.ContainerInspectInfo;
  readonly url: string;
  readonly key: string;
  /** Certificate of a private authority, PEM. */
  readonly caCertificate?: string;
  /** Name of the Pulumi stack, for the command in an error. */
  readonly stack: string;
}

/**
 * Calls the endpoint from a container of its own, which stands where the candidate api will stand: its image, networks,
 * name resolution and confinement. The candidate itself is not started, so that a preflight that fails leaves nothing.
 * @throws HostFailure when no such container can be run
 */
export async function probe(docker: Docker, order: ProbeOrder): Promise<Heard> {
  const { install, api, url, key, caCertificate, stack } = order;
  await removeLeftovers(docker, install);
  const { CapDrop, SecurityOpt, ReadonlyRootfs, Tmpfs, Memory, Dns, DnsOptions, DnsSearch, ExtraHosts } = api.HostConfig;
  try {
    const output = await runOnce(docker, {
      create: {
        // By id: its tag may name another image by now.
        Image: api.Image,
        Entrypoint: ["sh", "-c", `${authorityScript}\n${callScript(answerSeconds)}`],
        Cmd: [],
        Env: [`SCANI_CLOUD_URL=${url}`, `SCANI_CLOUD_API_KEY=${key}`, ...(caCertificate === undefined ? [] : [`PREFLIGHT_CA=${caCertificate}`])],
        Labels: { [label.install]: install, [label.service]: service },
        Healthcheck: { Test: ["NONE"] },
        HostConfig: { CapDrop, SecurityOpt, ReadonlyRootfs, Tmpfs, Memory, Dns, DnsOptions, DnsSearch, ExtraHosts, LogConfig: { Type: "none", Config: {} } },
      },
      networks: Object.keys(api.NetworkSettings.Networks),
      limitSeconds,
    });
    return parseHeard(without(key, output));
  } catch (error) {
    const tag = setCommand(settingNamed("SCANI_IMAGE_TAG"), stack);
    throw new HostFailure(
      `The hosted endpoint could not be asked from a container of ${api.Config.Image}: ${messageOf(error)}\n`
      + `  If the image is no longer on this engine, type: docker pull ${api.Config.Image}\n  or name another release: ${tag}`,
    );
  }
}

/** A probe whose process was killed before it could start its container left it behind. */
async function removeLeftovers(docker: Docker, install: string): Promise<void> {
  const left = await docker.listContainers({ all: true, filters: { label: [`${label.install}=${install}`, `${label.service}=${service}`] } });
  await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true }).catch(() => undefined)));
}
