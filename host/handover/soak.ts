import { details, type ContainerDetails, type Engine } from "../engine/engine";
import { setTimeout as pause } from "node:timers/promises";
import { answerSeconds } from "../scani/cloud/call";
import { OperatorError } from "../../util/operatorError";
import { checkInterrupt, failed, healthCommand, unlessInterrupted, type Watch } from "../engine/containers/ready";
import { reasonIn } from "../engine/containers/healthAnswer";
import { describeServing, isServedBy, servingOf, type ReleaseContainer } from "../install/facts";
import type { Answer } from "../scani/cloud/classify";
import { answeredFacts } from "./answeredFacts";
import type { Order } from "./order";
import { askProvider, storageCall } from "./verify";

/** Containers of a release that has just begun to serve, and the order that made it serve. */
export interface Soaking {
  readonly order: Pick<Order, "install" | "stack" | "baseStack">;
  readonly api: ReleaseContainer;
  readonly worker: ReleaseContainer;
}

/** Result of one check of the release: each text says what is wrong; undefined means that all is well. */
export interface Check {
  /** Set when the worker does not run any more, or was restarted. */
  readonly worker?: string;
  readonly api?: string;
  /** Description of what serves instead, from the gateway's routes and from answers through it, the page's included. */
  readonly serving?: string;
  readonly provider?: string;
}

/** Milliseconds from the beginning of one check to that of the next. */
const pollInterval = 1_000;

/**
 * Returns why two checks in a row require a rollback, or undefined. A worker that went down counts at once; of anything
 * else one bad check may be chance, two are not. Pure.
 */
export function verdict(before: Check | undefined, now: Check): string | undefined {
  if (now.worker !== undefined) return now.worker;
  if (before === undefined || isGood(before)) return undefined;
  if (now.api !== undefined) return `the api is not ready any more: ${now.api}`;
  return now.serving === undefined ? now.provider : `what served was ${now.serving}`;
}

/** Returns true if nothing was found wrong. Pure. */
function isGood({ worker, api, serving, provider }: Check): boolean {
  return [worker, api, serving, provider].every((wrong) => wrong === undefined);
}

/**
 * Returns when a soak may end: a worker that boots meanwhile is watched for half of it at least. Undefined while the
 * worker does not listen yet. Pure. Milliseconds of one clock.
 */
export function endOf(began: number, seconds: number, listeningSince: number | undefined): number | undefined {
  return listeningSince === undefined ? undefined : Math.max(began + seconds * 1000, listeningSince + seconds * 500);
}

/**
 * Watches a release that serves for a while, before the one it replaced is stopped: its worker stays up, its api stays
 * ready, api and page answer through the gateway, its data-provider goes on accepting its key. It ends with a good
 * check, so it takes longer where the last check is in doubt: a slow data-provider may answer only after the time is
 * over, and a gateway that does not answer is waited for.
 * @param seconds minimum duration
 * @param listening fulfilled once the worker, which may boot meanwhile, takes jobs; from then on it is watched too
 * @throws OperatorError as soon as one of these fails
 * @throws GatewaySilent when the gateway does not answer in time
 */
export async function soak(
  engine: Engine,
  release: Soaking,
  seconds: number,
  listening: Promise<unknown>,
  watch: Watch,
): Promise<void> {
  const from = performance.now();
  let listeningSince: number | undefined;
  // A worker that does not come up is reported by the step that starts it.
  listening.then(
    () => {
      listeningSince = performance.now();
    },
    () => undefined,
  );
  const worker = await unlessInterrupted(details(engine, release.worker.id), watch.signal);
  // Docker resets this count at each start; restarts before the soak do not count against the release.
  const restartsBefore = worker.running ? worker.restarts : 0;
  let before: Check | undefined;
  for (;;) {
    checkInterrupt(watch.signal);
    watch.waiting(release.api.title, `watched for ${seconds} s`);
    const began = performance.now();
    const until = endOf(from, seconds, listeningSince);
    const now = await unlessInterrupted(
      check(engine, release, until !== undefined, restartsBefore, watch),
      watch.signal,
    );
    const wrong = verdict(before, now);
    if (wrong !== undefined && wrong === now.worker) throw await failed(engine, release.worker, wrong);
    if (wrong !== undefined)
      throw new OperatorError({ what: `${release.api.title} began to serve, and then ${wrong}` });
    if (isGood(now) && until !== undefined && began >= until) return;
    before = now;
    const next = until !== undefined && began < until ? Math.min(began + pollInterval, until) : began + pollInterval;
    await unlessInterrupted(pause(Math.max(next - performance.now(), 0)), watch.signal);
  }
}

async function check(
  engine: Engine,
  { order, api, worker }: Soaking,
  listening: boolean,
  restartsBefore: number,
  watch: Watch,
): Promise<Check> {
  const info = await details(engine, api.id);
  const [workerSays, apiSays, serving, provider, storage] = await Promise.all([
    listening ? staysUp(engine, worker.id, restartsBefore) : undefined,
    readiness(engine, info),
    servesInstead(engine, order, api, watch),
    askProvider(engine, api.id, info.environment, answerSeconds).then(...said),
    askProvider(engine, api.id, info.environment, answerSeconds, storageCall).then(...said),
  ]);
  return {
    worker: workerSays,
    api: apiSays,
    serving,
    provider: provider ?? (storage && `its storage fails: ${storage}`),
  };
}

/** Handlers that turn an answer or a failure into the text of what is wrong. */
const said = [
  (answer: Answer) => (answer.ok ? undefined : answer.why),
  (error: Error): string | undefined => error.message,
] as const;

/** @param before number of restarts by Docker when it was first watched */
async function staysUp(engine: Engine, worker: string, before: number): Promise<string | undefined> {
  const { running, exitCode, restarts } = await details(engine, worker);
  return running && restarts <= before ? undefined : `did not stay up (exit code ${exitCode})`;
}

/** Returns a description of what serves in a release's place; undefined where the release serves. */
async function servesInstead(
  engine: Engine,
  order: Soaking["order"],
  release: ReleaseContainer,
  watch: Watch,
): Promise<string | undefined> {
  const serving = servingOf(await answeredFacts(engine, order, watch, { shortcomings: false }));
  return isServedBy(serving, release) ? undefined : describeServing(serving);
}

async function readiness(
  engine: Engine,
  { id, running, exitCode, healthCheck }: ContainerDetails,
): Promise<string | undefined> {
  if (!running) return `it stopped with exit code ${exitCode}`;
  const answer = await engine
    .exec(id, healthCommand(healthCheck))
    .catch((error: Error) => ({ exitCode: -1, output: error.message }));
  return answer.exitCode === 0 ? undefined : reasonIn(answer.output);
}
