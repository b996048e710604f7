import type Docker from "dockerode";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { engineOver } from "../../../host/engine/docker/dockerEngine";
import { label } from "../../../host/install/names/labels";
import { ensureImages, type ImageSet } from "../../../lab/images";
import { startLoad, type LoadHandle } from "../../../lab/load";
import { StandInScani } from "../../../lab/rehearse/standIn";
import type { Session } from "../../../lab/rehearse/session";
import { cleanUp, contextOn, layOut, type TestKind, type Throwaway } from "../../../lab/throwaway";
import { adopt, type AdoptOptions } from "../../../ops/adopt/adopt";
import { back } from "../../../ops/adopt/back";
import { root } from "../../../ops/root";
import { promisedRate } from "../traffic";
import { ComposeInstall } from "./composeInstall";
import { Proxy } from "./proxy";

/** A Scani under docker compose with a user, files and an operator's proxy, and a project that adopts it. */
export class AdoptScene {
  readonly output: string[] = [];

  private constructor(
    readonly docker: Docker,
    readonly images: ImageSet,
    readonly proxy: Proxy,
    readonly composed: ComposeInstall,
    readonly place: Throwaway,
    readonly scani: StandInScani,
    readonly ada: Session,
    /** SHA-256 of the file `statement.csv` in its bucket. */
    readonly statement: string,
  ) {}

  static async up(docker: Docker, kind: TestKind): Promise<AdoptScene> {
    const images = await ensureImages({ docker, log: () => undefined });
    const proxy = await Proxy.start();
    const composed = await ComposeInstall.up(docker, images, proxy.url);
    proxy.pointAt(composed.port, true);
    const statement = await composed.putFile("statement.csv");
    const place = await layOut(kind, images, { tier1: { soak: "1" } });
    const scani = new StandInScani({ url: proxy.url, mailPort: composed.mailPort });
    return new AdoptScene(docker, images, proxy, composed, place, scani, await scani.seedUser("ada"), statement);
  }

  async down(): Promise<void> {
    await this.proxy.stop();
    await cleanUp(this.docker, this.place);
    await this.composed.remove();
  }

  get engine() {
    return engineOver(this.docker);
  }

  context(signal?: AbortSignal) {
    return contextOn(this.place, (line) => this.output.push(line), signal);
  }

  adopt(options: AdoptOptions): Promise<void> {
    return adopt(this.context(), "base", this.composed.project, options);
  }

  back(): Promise<void> {
    return back(this.context(), "base", this.composed.project, { yes: true });
  }

  /** Returns the output of one piece of work. */
  async printed(work: () => Promise<unknown>): Promise<string> {
    const from = this.output.length;
    await work();
    return this.output.slice(from).join("\n");
  }

  /** Starts load on the page's own port, without the proxy. */
  loadOnPort(seconds: number): Promise<LoadHandle> {
    const url = `http://127.0.0.1:${this.composed.port}`;
    return startLoad({ url, rate: promisedRate, seconds, requests: this.scani.requests() });
  }

  /** Starts the command in a separate process group. */
  command(...words: string[]): ChildProcess {
    const program = [join(root, "bin", "ops", "cli.js"), "adopt", this.composed.project];
    return spawn(process.execPath, [...program, ...words, "--project", this.place.workDir], {
      env: { ...process.env, ...this.place.environment },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /**
   * Runs the command, and kills its process group when it prints a line, or after some milliseconds.
   * @returns its output, and whether it had already ended
   */
  async killed(at: string | number, ...words: string[]): Promise<{ printed: string; over: boolean }> {
    const child = this.command(...words);
    let printed = "";
    const kill = (): void => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid as number), "SIGKILL");
    };
    const timer = typeof at === "number" ? setTimeout(kill, at) : undefined;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        printed += chunk;
        if (typeof at === "string" && printed.includes(at)) kill();
      });
    const [, signal] = (await once(child, "exit")) as [number | null, string | null];
    clearTimeout(timer);
    return { printed, over: signal !== "SIGKILL" };
  }

  /** Lists the names of everything on the engine that carries the install's label. */
  async left(): Promise<string[]> {
    const labels = [`${label.install}=${this.place.install}`];
    const [containers, networks, volumes] = await Promise.all([
      this.engine.containers({ labels, all: true }),
      this.engine.networks(labels),
      this.engine.volumes(labels),
    ]);
    return [...containers, ...networks, ...volumes].map(({ name }) => name).sort();
  }

  /** Lists compose's containers except the migrator, which runs once. */
  async composeNow() {
    return (await this.composed.containers()).filter(({ service }) => service !== "migrate");
  }
}
