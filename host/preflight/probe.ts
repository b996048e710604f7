import type { ContainerDetails, Engine } from "../engine/engine";
import {
  answerSeconds,
  bodyVariable,
  callScript,
  parseHeard,
  without,
  type Call,
  type Heard,
} from "../scani/cloud/call";
import { label } from "../install/labels";
import { HostFailure, messageOf } from "../../util/failure";
import { setCommand } from "../../settings";
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
  readonly api: ContainerDetails;
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
 * Asks from a container of its own, which has the candidate api's image, networks, name resolution and confinement. The
 * candidate itself is not started, so that a preflight that fails leaves nothing.
 * @throws HostFailure when no such container can be run; whatever the work throws
 */
export async function withProbe<T>(engine: Engine, order: ProbeOrder, work: (probe: Probe) => Promise<T>): Promise<T> {
  await removeLeftovers(engine, order.install);
  const container = await runProbe(engine, order).catch((error: unknown) => {
    throw cannotAsk(order, error);
  });
  try {
    return await work({
      async call(call) {
        const script = `${authorityScript}\n${callScript(answerSeconds, call)}`;
        const { output, errors } = await engine.capture(
          container,
          ["sh", "-c", script],
          call?.body === undefined ? [] : [`${bodyVariable}=${call.body}`],
        );
        return parseHeard(without(order.key, output === "" ? errors : output));
      },
      http: fromContainer(engine, container, authorityScript, []),
    });
  } finally {
    await engine.remove(container);
  }
}

async function runProbe(engine: Engine, { install, api, url, key, caCertificate }: ProbeOrder): Promise<string> {
  const [first, ...others] = api.networks;
  const container = await engine.create({
    // By id: its tag may name another image by now.
    image: api.imageId,
    entrypoint: ["sleep", String(limitSeconds)],
    command: [],
    environment: [
      `SCANI_CLOUD_URL=${url}`,
      `SCANI_CLOUD_API_KEY=${key}`,
      ...(caCertificate === undefined ? [] : [`${authorityVariable}=${caCertificate}`]),
    ],
    labels: { [label.install]: install, [label.service]: service },
    noHealthCheck: true,
    confinement: api.confinement,
    log: { driver: "none", options: {} },
    autoRemove: true,
    network: first,
  });
  try {
    // Not given at its making: engines before API 1.44 take one network there.
    for (const network of others) await engine.connectNetwork(network, container);
    await engine.start(container);
    return container;
  } catch (error) {
    await engine.remove(container);
    throw error;
  }
}

function cannotAsk({ api, stack }: ProbeOrder, error: unknown): HostFailure {
  return new HostFailure(
    `Nothing could be asked from a container of ${api.image}: ${messageOf(error)}\n` +
      `  If the image is no longer on this engine, type: docker pull ${api.image}\n  or name another release: ${setCommand("SCANI_IMAGE_TAG", stack)}`,
  );
}

/** A probe whose process was killed before it could start its container left it behind. */
async function removeLeftovers(engine: Engine, install: string): Promise<void> {
  const left = await engine.containers({
    labels: [`${label.install}=${install}`, `${label.service}=${service}`],
    all: true,
  });
  await Promise.all(left.map(({ id }) => engine.remove(id, { volumes: false }).catch(() => undefined)));
}
