import type Docker from "dockerode";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connectDocker, engineHost } from "../../host/engine/connect";
import { cacheFolder } from "../../ops/pulumi/cache";
import { command, lastLines, mustRun } from "../../ops/pulumi/command";
import { distributionOf, engineRemedy, type EngineFacts } from "./engineRemedy";
import { exclusively } from "../../ops/pulumi/exclusively";
import type { Say } from "../../ops/pulumi/say";
import { removeStalePids } from "./stalePid";
import { which } from "../../ops/pulumi/which";

/** How long an engine may take to answer, and one that was just started, milliseconds. */
const [answerLimit, startLimit] = [10_000, 60_000];

/**
 * The Docker engine: the one that answers; else, as root on Debian or Ubuntu, the distribution's, installed and
 * started.
 * @throws Error that says exactly what to do
 */
export async function ensureEngine(say: Say): Promise<Docker> {
  const docker = connectDocker();
  if (await greet(docker, say)) return docker;
  await exclusively(
    "docker engine",
    () => say("Another run is setting Docker up: waiting for it."),
    async () => {
      const why = await failure(docker);
      if (why === undefined) return;
      const remedy = engineRemedy(facts(why));
      if (remedy.kind === "refuse") throw new Error(remedy.message);
      if (remedy.kind === "install") await install(say);
      await start(docker, say);
    },
  );
  if (!(await greet(docker, say))) throw new Error("Docker was started, and does not answer.");
  return docker;
}

async function greet(docker: Docker, say: Say): Promise<boolean> {
  if ((await failure(docker)) !== undefined) return false;
  const { Version } = await docker.version();
  say(`Docker ${Version} answers${process.env.DOCKER_HOST ? ` at ${process.env.DOCKER_HOST}` : ""}.`);
  return true;
}

/** Why an engine does not answer; undefined when it does. */
async function failure(docker: Docker): Promise<string | undefined> {
  const late = new AbortController();
  const outcome = docker.ping().then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
  const limit = delay(answerLimit, `no answer in ${answerLimit / 1000} s`, { signal: late.signal }).catch(
    () => undefined,
  );
  try {
    return await Promise.race([outcome, limit]);
  } finally {
    late.abort();
  }
}

function facts(reason: string): EngineFacts {
  return {
    host: engineHost(process.env),
    reason,
    platform: process.platform,
    root: process.getuid?.() === 0,
    distribution: existsSync("/etc/os-release") ? distributionOf(readFileSync("/etc/os-release", "utf8")) : [],
    installed: dockerd() !== undefined,
  };
}

/** The daemon, also where an ordinary user's PATH has no sbin. */
function dockerd(): string | undefined {
  return which("dockerd", `${process.env.PATH}:/usr/sbin:/usr/local/sbin:/sbin`);
}

async function install(say: Say): Promise<void> {
  say("No Docker here: installing the distribution's (apt-get install docker.io iptables).");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await mustRun("apt-get", ["update"], { env });
  await mustRun("apt-get", ["install", "-y", "--no-install-recommends", "docker.io", "iptables"], { env });
}

/** Starts the daemon as this machine starts services, else in the background with a log file. */
async function start(docker: Docker, say: Say): Promise<void> {
  // The package may have started it.
  if ((await failure(docker)) === undefined) return;
  say("Starting Docker.");
  const stale = removeStalePids();
  if (stale.length > 0) say(`Removed what a killed Docker noted of itself: ${stale.join(", ")}`);
  if (existsSync("/run/systemd/system")) {
    await mustRun("systemctl", ["start", "docker"]);
    return untilAnswers(docker, async () => ["see: journalctl -u docker"]);
  }
  const service = which("service", process.env.PATH);
  if (
    service !== undefined &&
    existsSync("/etc/init.d/docker") &&
    (await command(service, ["docker", "start"])).code === 0
  ) {
    return untilAnswers(docker, async () => ["see /var/log/docker.log"]);
  }
  await startInBackground(docker, say);
}

async function startInBackground(docker: Docker, say: Say): Promise<void> {
  const program = dockerd();
  if (program === undefined) throw new Error("Docker was installed, but there is no dockerd.");
  mkdirSync(cacheFolder(process.env), { recursive: true });
  const log = join(cacheFolder(process.env), "dockerd.log");
  const file = openSync(log, "w");
  const daemon = spawn(program, [], { detached: true, stdio: ["ignore", file, file] });
  const ended = new Promise<string>((resolve) => {
    daemon.on("error", (error) => resolve(`dockerd cannot be started: ${error.message}`));
    daemon.on("exit", (code) => resolve(`dockerd ended with ${code}`));
  });
  say(`dockerd runs in the background; its log is ${log}`);
  await untilAnswers(docker, async () => lastLines(readFileSync(log, "utf8")), ended);
  daemon.unref();
}

/** @throws Error with what is known when the engine does not answer in time, or its daemon ends */
async function untilAnswers(docker: Docker, details: () => Promise<string[]>, ended?: Promise<string>): Promise<void> {
  const until = Date.now() + startLimit;
  let over: string | undefined;
  void ended?.then((how) => {
    over = how;
  });
  for (;;) {
    const why = await failure(docker);
    if (why === undefined) return;
    if (over !== undefined || Date.now() > until) {
      throw new Error([`Docker does not answer (${over ?? why}).`, ...(await details())].join("\n"));
    }
    await delay(250);
  }
}
