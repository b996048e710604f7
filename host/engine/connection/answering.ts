import type Docker from "dockerode";
import { setTimeout as delay } from "node:timers/promises";
import { OperatorError } from "../../../util/operatorError";
import { readIfReadable } from "../../../util/files/readIfReadable";
import { which } from "../../../util/process/which";
import { connectDocker, engineHost } from "../connect";
import { engineOver } from "../docker/dockerEngine";
import type { Engine } from "../engine";
import { distributionOf, engineProblem, type EngineFacts } from "./remedy";

/** Milliseconds an engine may take to answer: more than ssh may take to connect, so that ssh can report its reason. */
const timeout = 10_000;

/**
 * Connects to an engine and checks that it answers.
 * @param host the one a setting names, as for `connect`
 * @throws OperatorError with what to do when it does not answer
 */
export async function answeringEngine(host: string | undefined, environment: NodeJS.ProcessEnv): Promise<Engine> {
  const docker = connectDocker(host, environment);
  const reason = await silence(docker);
  if (reason !== undefined) throw new OperatorError(engineProblem(engineFacts(reason, host, environment)));
  return engineOver(docker, environment);
}

/**
 * Returns why an engine does not answer: the system's error code, else a message; undefined when it answers.
 * @throws OperatorError where ssh reports the reason
 */
export async function silence(docker: Docker): Promise<string | undefined> {
  const late = new AbortController();
  const outcome = docker.ping().then(
    () => undefined,
    (error: NodeJS.ErrnoException) => {
      if (error instanceof OperatorError) throw error;
      return error.code ?? error.message;
    },
  );
  const limit = delay(timeout, `no answer in ${timeout / 1000} s`, { signal: late.signal }).catch(() => undefined);
  try {
    return await Promise.race([outcome, limit]);
  } finally {
    late.abort();
  }
}

/** Collects what is known about this machine when its engine does not answer. */
export function engineFacts(reason: string, host: string | undefined, environment: NodeJS.ProcessEnv): EngineFacts {
  return {
    host: host ?? engineHost(environment),
    reason,
    platform: process.platform,
    root: process.getuid?.() === 0,
    distribution: distributionOf(readIfReadable("/etc/os-release")),
    installed: dockerd(environment) !== undefined,
  };
}

/** Finds the daemon, also where an ordinary user's PATH has no sbin. */
export function dockerd(environment: NodeJS.ProcessEnv): string | undefined {
  return which("dockerd", `${environment.PATH}:/usr/sbin:/usr/local/sbin:/sbin`);
}
