import type Docker from "dockerode";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { dockerd, engineFacts, silence } from "../../host/engine/connection/answering";
import { connectDocker } from "../../host/engine/connect";
import { engineProblem, isDebian, isLocal, type EngineFacts } from "../../host/engine/connection/remedy";
import { cacheFolder } from "../../ops/pulumi/cache";
import { command, lastLines, mustRun } from "../../ops/pulumi/command";
import { exclusively } from "../../ops/pulumi/exclusively";
import { OperatorError } from "../../util/operatorError";
import type { Report as Say } from "../../util/progress/progress";
import { apt } from "./distributionPackage";
import { removeStalePids } from "./stalePid";
import { which } from "../../util/process/which";

/** Milliseconds an engine that was just started may take to answer. */
const startLimit = 60_000;

/**
 * Connects to the Docker engine; if none answers, installs and starts the distribution's, as root on Debian or Ubuntu.
 * @throws Error that says exactly what to do
 */
export async function ensureEngine(say: Say): Promise<Docker> {
  const docker = connectDocker();
  if (await greet(docker, say)) return docker;
  await exclusively(
    "docker engine",
    () => say("Another run is setting Docker up: waiting for it."),
    async () => {
      const reason = await silence(docker);
      if (reason === undefined) return;
      const facts = engineFacts(reason, undefined, process.env);
      const remedy = engineRemedy(facts);
      if (remedy === undefined) throw new OperatorError(engineProblem(facts));
      if (remedy === "install") await install(say);
      await start(docker, say);
    },
  );
  if (!(await greet(docker, say))) throw new Error("Docker was started, and does not answer.");
  return docker;
}

/** Returns what a set-up that may change this machine can do by itself; undefined if the operator has to act. Pure. */
export function engineRemedy(facts: EngineFacts): "install" | "start" | undefined {
  if (!isLocal(facts) || facts.reason === "EACCES" || facts.platform !== "linux" || !facts.root) return undefined;
  if (facts.installed) return "start";
  return isDebian(facts) ? "install" : undefined;
}

async function greet(docker: Docker, say: Say): Promise<boolean> {
  if ((await silence(docker)) !== undefined) return false;
  const { Version } = await docker.version();
  say(`Docker ${Version} answers${process.env.DOCKER_HOST ? ` at ${process.env.DOCKER_HOST}` : ""}.`);
  return true;
}

async function install(say: Say): Promise<void> {
  say("No Docker here: installing the distribution's (apt-get install docker.io iptables).");
  await apt("update");
  await apt("install", "docker.io", "iptables");
}

/** Starts the daemon by this machine's service manager, else in the background with a log file. */
async function start(docker: Docker, say: Say): Promise<void> {
  // Its package may have started the daemon.
  if ((await silence(docker)) === undefined) return;
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
  const program = dockerd(process.env);
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

/** Waits until the engine answers. @throws Error with the details when it does not in time, or its daemon ends */
async function untilAnswers(docker: Docker, details: () => Promise<string[]>, ended?: Promise<string>): Promise<void> {
  const until = Date.now() + startLimit;
  let over: string | undefined;
  void ended?.then((how) => {
    over = how;
  });
  for (;;) {
    const why = await silence(docker);
    if (why === undefined) return;
    if (over !== undefined || Date.now() > until) {
      throw new Error([`Docker does not answer (${over ?? why}).`, ...(await details())].join("\n"));
    }
    await delay(250);
  }
}
