import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, lstatSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { connectDocker } from "../../../host/engine/connect";
import { isOwn } from "../../../lab/throwaway";
import { until } from "../traffic";

const prefix = "scani-engine-";

/**
 * Command that brings up the loopback of its network namespace with a system call, since a bare Debian has perl and no
 * ip.
 */
const loopbackUp =
  'perl -MSocket -e \'$up = pack("a16sx22", "lo", 1); socket(S, AF_INET, SOCK_DGRAM, 0) && ioctl(S, 0x8914, $up) or die $!\'';

/** Script that prints an address' response, and fails unless its status is 2xx. */
const fetchScript = `
fetch(process.argv[1], { signal: AbortSignal.timeout(5000) }).then(async (response) => {
  const body = await response.text();
  if (!response.ok) throw new Error(response.status + " " + body);
  process.stdout.write(body);
}).catch((error) => { process.stderr.write(String(error.cause ?? error)); process.exitCode = 1; });
`;

/**
 * A separate Docker engine that a test can stop and start. It has its own data, sockets and namespaces, so that its
 * bridges, firewall rules and mounts do not touch those of the machine's engine. The kernel ends all of it with this
 * process (`setpriv --pdeathsig`).
 */
export class OwnEngine {
  private daemon?: ChildProcess;

  private constructor(
    private readonly folder: string,
    private readonly holder: ChildProcess,
  ) {}

  /** Returns why this machine cannot run one; undefined if it can. */
  static lack(): string | undefined {
    if (process.getuid?.() !== 0) return "it takes root to start an engine";
    const missing = ["dockerd", "docker", "unshare", "nsenter", "setpriv", "perl"].filter(
      (command) => spawnSync("sh", ["-c", `command -v ${command}`]).status !== 0,
    );
    return missing.length === 0 ? undefined : `there is no ${missing.join(", ")} here`;
  }

  static async start(): Promise<OwnEngine> {
    removeAbandonedFolders();
    const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
    // The holder keeps the namespaces while no daemon is in them. Mounts have one too, so that they end with it.
    const holder = bound(
      "unshare",
      ["--net", "--mount", "sh", "-c", `${loopbackUp} && echo up && exec sleep infinity`],
      "pipe",
    );
    await once(holder.stdout as NodeJS.ReadableStream, "data");
    const engine = new OwnEngine(folder, holder);
    await engine.startDaemon().catch(async (error: Error) => {
      await engine.end();
      throw error;
    });
    return engine;
  }

  get host(): string {
    return `unix://${join(this.folder, "docker.sock")}`;
  }

  get docker(): Docker {
    return connectDocker(this.host);
  }

  /** Copies images from the machine's engine. */
  load(images: readonly string[]): void {
    const { status, stderr } = spawnSync(
      "sh",
      ["-c", 'host=$1; shift; docker save "$@" | docker -H "$host" load', "load", this.host, ...images],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`images could not be copied: ${stderr}`);
  }

  /**
   * Fetches an address inside the engine's own network, where its ports are published. @throws Error unless the status
   * is 2xx
   */
  fetchText(url: string): string {
    const { status, stdout, stderr } = spawnSync(
      "nsenter",
      [...this.inside, process.execPath, "-e", fetchScript, url],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }

  /** Restarts the daemon, as the machine's service manager does. */
  async restart(): Promise<void> {
    await this.stopDaemon();
    await this.startDaemon();
  }

  /** Ends the engine, and removes everything it ran or stored. */
  async end(): Promise<void> {
    await this.stopDaemon();
    const gone = once(this.holder, "exit");
    this.holder.kill("SIGKILL");
    await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get inside(): string[] {
    return [`--net=/proc/${this.holder.pid}/ns/net`, `--mount=/proc/${this.holder.pid}/ns/mnt`];
  }

  private async startDaemon(): Promise<void> {
    const path = (name: string) => join(this.folder, name);
    const log = openSync(path("log"), "a");
    this.daemon = bound(
      "nsenter",
      [
        ...this.inside,
        "dockerd",
        "--data-root",
        path("data"),
        "--exec-root",
        path("exec"),
        "--pidfile",
        path("pid"),
        "-H",
        this.host,
        "--log-level",
        "warn",
      ],
      log,
    );
    closeSync(log);
    await until(async () => (await this.docker.ping()) !== undefined, 30_000).catch(() => {
      throw new Error(
        `the test's own engine did not start:\n${readFileSync(path("log"), "utf8").split("\n").slice(-20).join("\n")}`,
      );
    });
  }

  private async stopDaemon(): Promise<void> {
    const { daemon } = this;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, "exit");
    daemon.kill("SIGTERM");
    await ended;
  }
}

/** Starts a process that ends with this one. */
function bound(command: string, args: readonly string[], output: "pipe" | number): ChildProcess {
  return spawn("setpriv", ["--pdeathsig", "TERM", command, ...args], {
    stdio: ["ignore", output, output === "pipe" ? "ignore" : output],
  });
}

/** Removes folders that killed runs of this user left behind; their processes have ended with them. */
function removeAbandonedFolders(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(prefix))) {
    const folder = join(tmpdir(), name);
    const isOver = !existsSync(`/proc/${name.slice(prefix.length).split("-")[0]}`);
    if (isOver && isOwn(lstatSync(folder, { throwIfNoEntry: false }))) rmSync(folder, { recursive: true, force: true });
  }
}
