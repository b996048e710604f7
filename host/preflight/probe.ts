import type { ContainerDetails, Engine } from "../engine/engine";
import { discard, startHelper } from "../engine/containers/helper";
import {
  answerSeconds,
  bodyVariable,
  callScript,
  parseResult,
  redact,
  type Call,
  type CallResult,
} from "../scani/cloud/call";
import { momentaryLabels } from "../install/leftovers";
import { proxyVariables } from "../install/services/environment";
import { OperatorError, problemsOf } from "../../util/operatorError";
import { setCommand } from "../../settings";
import { dockerPull } from "../../util/commands";
import { fromContainer, type Http } from "./http";

/** Seconds after which the probe's container exits by itself, in case nobody is left to remove it. */
const limitSeconds = 60;

/** Variable with the authority's certificate. Not the release's volume: the serving release may still read that. */
const authorityVariable = "PREFLIGHT_CA";
const authorityScript = `if [ -n "$${authorityVariable}" ]; then printf '%s\\n' "$${authorityVariable}" > /tmp/ca.pem; export NODE_EXTRA_CA_CERTS=/tmp/ca.pem; fi`;

/** Place where the probe runs, and endpoint it calls. */
export interface ProbeOrder {
  readonly install: string;
  /** The candidate api as the engine describes it: created, not started. */
  readonly api: ContainerDetails;
  /** Address and key of the api's data-provider. */
  readonly url: string;
  readonly key: string;
  /** Certificate of a private authority, PEM. */
  readonly caCertificate?: string;
  /** Name of the Pulumi stack, for the command in an error. */
  readonly stack: string;
}

/** A container that stands in for the candidate api. */
export interface Probe {
  /** Calls the data-provider. */
  call(call?: Call): Promise<CallResult>;
  /** Makes any request from there. */
  readonly http: Http;
}

/**
 * Runs work with a probe: a container with the candidate api's image, networks, name resolution, outgoing proxy and
 * confinement. The
 * candidate itself is not started, so that a failed preflight leaves nothing behind.
 * @throws OperatorError when no such container can be run; whatever the work throws
 */
export async function withProbe<T>(engine: Engine, order: ProbeOrder, work: (probe: Probe) => Promise<T>): Promise<T> {
  const container = await runProbe(engine, order).catch((error: unknown) => {
    throw cannotAsk(order, error);
  });
  try {
    return await work({
      call: (call) => callFrom(engine, container, order.key, call, authorityScript),
      http: fromContainer(engine, container, authorityScript, []),
    });
  } finally {
    await discard(engine, container);
  }
}

/**
 * Calls a data-provider from inside a container that runs, with the address and the key of its environment.
 * @param key masked in the result
 * @param prepare shell lines that run first
 */
export async function callFrom(
  engine: Engine,
  container: string,
  key: string,
  call?: Call,
  prepare = "",
): Promise<CallResult> {
  const { output, errors } = await engine.capture(
    container,
    ["sh", "-c", `${prepare}\n${callScript(answerSeconds, call)}`],
    call?.body === undefined ? [] : [`${bodyVariable}=${call.body}`],
  );
  return parseResult(redact(key, output === "" ? errors : output));
}

function runProbe(engine: Engine, { install, api, url, key, caCertificate }: ProbeOrder): Promise<string> {
  const order = {
    // By id: the tag may point to another image by now.
    image: api.imageId,
    entrypoint: ["sleep", String(limitSeconds)],
    command: [],
    environment: [
      `SCANI_CLOUD_URL=${url}`,
      `SCANI_CLOUD_API_KEY=${key}`,
      ...proxyVariables(api.environment),
      ...(caCertificate === undefined ? [] : [`${authorityVariable}=${caCertificate}`]),
    ],
    labels: momentaryLabels(install, "preflight"),
    noHealthCheck: true,
    confinement: api.confinement,
    log: { driver: "none", options: {} },
    autoRemove: true,
  };
  return startHelper(engine, order, api.networks);
}

function cannotAsk({ api, stack }: ProbeOrder, error: unknown): OperatorError {
  const [problem] = problemsOf(error);
  const what = `The preflight could not run a container of ${api.image}: ${problem.what}`;
  if (!/No such image/.test(problem.what)) return new OperatorError({ ...problem, what }, { cause: error });
  return new OperatorError({
    what,
    why: "The image is no longer on this engine. Pull it, or name another release:",
    type: [dockerPull(api.image), setCommand("SCANI_IMAGE_TAG", stack)],
  });
}
