import type Docker from "dockerode";
import { setTimeout as pause } from "node:timers/promises";
import { answerSeconds } from "../cloud/call";
import { HostFailure } from "../engine/failure";
import { checkInterrupt, failed, healthCommand, unlessInterrupted, type Watch } from "../engine/ready";
import { exec } from "../engine/exec";
import { reasonIn } from "../engine/healthAnswer";
import type { LiveContainer } from "./live";
import { askProvider } from "./verify";

/** What is watched of a release that has just begun to serve. */
export interface Soaking {
  readonly api: LiveContainer;
  readonly worker: LiveContainer;
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
 * Watches a release that serves for a while, before the one it replaced is stopped: its worker stays up, its api stays
 * ready, its data-provider goes on taking its key. It ends with a good look, so it takes longer where the last one leaves
 * a doubt: a data-provider that takes its time is not known before the time is over.
 * @param seconds at least
 * @throws HostFailure as soon as one does not
 */
export async function soak(docker: Docker, release: Soaking, seconds: number, watch: Watch): Promise<void> {
  const until = Date.now() + seconds * 1000;
  let before: Look | undefined;
  for (;;) {
    checkInterrupt(watch.signal);
    watch.waiting(release.api.title, `that it goes on well for ${seconds} s`);
    const began = Date.now();
    const now = await unlessInterrupted(look(docker, release), watch.signal);
    const wrong = verdict(before, now);
    if (wrong !== undefined && wrong === now.worker) throw await failed(docker, release.worker, wrong);
    if (wrong !== undefined) throw new HostFailure(`${release.api.title} began to serve, and then ${wrong}`);
    if (isGood(now) && began >= until) return;
    before = now;
    await pause(Math.max((began < until ? Math.min(began + lookAgain, until) : began + lookAgain) - Date.now(), 0));
  }
}

async function look(docker: Docker, { api, worker }: Soaking): Promise<Look> {
  const container = docker.getContainer(api.id);
  const info = await container.inspect();
  const [workerSays, apiSays, provider] = await Promise.all([
    docker.getContainer(worker.id).inspect().then(({ State: state, RestartCount: restarts }) =>
      state.Running && restarts === 0 ? undefined : `did not stay up (exit code ${state.ExitCode})`),
    readiness(container, info),
    askProvider(container, info.Config.Env, answerSeconds).then((judged) => (judged.ok ? undefined : judged.why), (error: Error) => error.message),
  ]);
  return { worker: workerSays, api: apiSays, provider };
}

async function readiness(container: Docker.Container, { State: state, Config: config }: Docker.ContainerInspectInfo): Promise<string | undefined> {
  if (!state.Running) return `it stopped with exit code ${state.ExitCode}`;
  const answer = await exec(container, healthCommand(config)).catch((error: Error) => ({ exitCode: -1, output: error.message }));
  return answer.exitCode === 0 ? undefined : reasonIn(answer.output);
}
