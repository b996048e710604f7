import { details, type ContainerDetails, type Engine } from "../engine/engine";
import { setTimeout as pause } from "node:timers/promises";
import { answerSeconds } from "../scani/cloud/call";
import { OperatorError } from "../../util/operatorError";
import { checkInterrupt, failed, healthCommand, unlessInterrupted, type Watch } from "../engine/ready";
import { reasonIn } from "../engine/healthAnswer";
import type { ReleaseContainer } from "../install/facts";
import type { Answer } from "../scani/cloud/classify";
import { askProvider, storageCall } from "./verify";

/** What is watched of a release that has just begun to serve. */
export interface Soaking {
  readonly api: ReleaseContainer;
  readonly worker: ReleaseContainer;
}

/** One look at the release. A text says what is wrong; undefined that all is well. */
export interface Look {
  /** The worker does not run any more, or was restarted. */
  readonly worker?: string;
  readonly api?: string;
  readonly provider?: string;
}

/** Milliseconds from the beginning of one look to that of the next. */
const lookAgain = 1_000;

/**
 * What two looks in a row say: why the release must go back, or undefined. A worker that went down is judged at once;
 * one look at which an api or a data-provider fails may be chance, two are not. Pure.
 */
export function verdict(before: Look | undefined, now: Look): string | undefined {
  if (now.worker !== undefined) return now.worker;
  if (before === undefined || isGood(before)) return undefined;
  return now.api === undefined ? now.provider : `the api is not ready any more: ${now.api}`;
}

/** Nothing was found wrong. Pure. */
export function isGood({ worker, api, provider }: Look): boolean {
  return [worker, api, provider].every((wrong) => wrong === undefined);
}

/**
 * When a soak may end: a worker that boots meanwhile is watched for half of it at least. Undefined while it does not
 * listen yet. Pure. Epoch milliseconds.
 */
export function endOf(began: number, seconds: number, listeningSince: number | undefined): number | undefined {
  return listeningSince === undefined ? undefined : Math.max(began + seconds * 1000, listeningSince + seconds * 500);
}

/**
 * Watches a release that serves for a while, before the one it replaced is stopped: its worker stays up, its api stays
 * ready, its data-provider goes on taking its key. It ends with a good look, so it takes longer where the last one
 * leaves a doubt: a data-provider that takes its time is not known before the time is over.
 * @param seconds at least
 * @param listening fulfilled once the worker, which may boot meanwhile, takes jobs; from then on it is watched too
 * @throws OperatorError as soon as one does not
 */
export async function soak(
  engine: Engine,
  release: Soaking,
  seconds: number,
  listening: Promise<unknown>,
  watch: Watch,
): Promise<void> {
  const from = Date.now();
  let listeningSince: number | undefined;
  // That a worker does not come up is told by whoever starts it.
  listening.then(
    () => {
      listeningSince = Date.now();
    },
    () => undefined,
  );
  const worker = await unlessInterrupted(details(engine, release.worker.id), watch.signal);
  // Docker counts anew when a container is started; what it restarted before it was watched is nobody's trouble now.
  const restartsBefore = worker.running ? worker.restarts : 0;
  let before: Look | undefined;
  for (;;) {
    checkInterrupt(watch.signal);
    watch.waiting(release.api.title, `that it goes on well for ${seconds} s`);
    const began = Date.now();
    const until = endOf(from, seconds, listeningSince);
    const now = await unlessInterrupted(look(engine, release, until !== undefined, restartsBefore), watch.signal);
    const wrong = verdict(before, now);
    if (wrong !== undefined && wrong === now.worker) throw await failed(engine, release.worker, wrong);
    if (wrong !== undefined)
      throw new OperatorError({ what: `${release.api.title} began to serve, and then ${wrong}` });
    if (isGood(now) && until !== undefined && began >= until) return;
    before = now;
    const next = until !== undefined && began < until ? Math.min(began + lookAgain, until) : began + lookAgain;
    await unlessInterrupted(pause(Math.max(next - Date.now(), 0)), watch.signal);
  }
}

async function look(
  engine: Engine,
  { api, worker }: Soaking,
  listening: boolean,
  restartsBefore: number,
): Promise<Look> {
  const info = await details(engine, api.id);
  const [workerSays, apiSays, provider, storage] = await Promise.all([
    listening ? staysUp(engine, worker.id, restartsBefore) : undefined,
    readiness(engine, info),
    askProvider(engine, api.id, info.environment, answerSeconds).then(...said),
    askProvider(engine, api.id, info.environment, answerSeconds, storageCall).then(...said),
  ]);
  return { worker: workerSays, api: apiSays, provider: provider ?? (storage && `its storage fails: ${storage}`) };
}

/** What an answer or a failure says is wrong. */
const said = [
  (answer: Answer) => (answer.ok ? undefined : answer.why),
  (error: Error): string | undefined => error.message,
] as const;

/** @param before how often Docker had restarted it when it was first watched */
async function staysUp(engine: Engine, worker: string, before: number): Promise<string | undefined> {
  const { running, exitCode, restarts } = await details(engine, worker);
  return running && restarts <= before ? undefined : `did not stay up (exit code ${exitCode})`;
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
