import type Docker from "dockerode";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { engineOver } from "../../../host/engine/docker/dockerEngine";
import { untilReady } from "../../../host/engine/containers/ready";
import { installOf, ownFolder, removeInstall, type ThrowawayImages } from "../../throwaway";
import { freePorts } from "../../throwaway/ports";
import type { Interrupt } from "../../interrupt";
import type { Compose } from "./command";
import { dotenvText, tier1Dotenv, type Dotenv } from "./dotenv";
import { composeFile } from "./file";

/** Kind of these throwaway installs; part of every name. */
export const composeKind = "compose";

/** Seconds a service may take until it is ready. */
const readySeconds = 180;

/** A separate compose install, driven as Scani's guide says. */
export class ComposeProject {
  readonly name: string;
  readonly url: string;
  private readonly folder = ownFolder(composeKind);

  private constructor(
    private readonly docker: Docker,
    private readonly compose: Compose,
    private readonly images: ThrowawayImages,
    private readonly interrupt: Interrupt,
    private readonly port: number,
  ) {
    this.name = installOf(this.folder);
    this.url = `http://127.0.0.1:${port}`;
    this.settings = tier1Dotenv({ tag: images.scaniTag, port });
  }

  /** Content of `.env` on tier 1. */
  readonly settings: Dotenv;

  /** Writes the project's folder for tier 1; starts nothing. */
  static async layOut(
    docker: Docker,
    compose: Compose,
    images: ThrowawayImages,
    interrupt: Interrupt,
  ): Promise<ComposeProject> {
    const [port] = (await freePorts(1)) as [number];
    const project = new ComposeProject(docker, compose, images, interrupt, port);
    project.edit(project.settings, true);
    return project;
  }

  /** Makes the guide's two edits: the variables in `.env`, and the data-provider in the compose file. */
  edit(settings: Dotenv, withDataProvider: boolean): void {
    writeFileSync(join(this.folder, ".env"), dotenvText(settings), { mode: 0o600 });
    writeFileSync(
      join(this.folder, "docker-compose.yml"),
      composeFile({ project: this.name, images: this.images, port: this.port, withDataProvider }),
    );
  }

  /** Runs one compose command on this project. @throws Error */
  run(...args: string[]): Promise<void> {
    return this.interrupt.guard(this.compose.run(this.folder, ["-p", this.name, ...args], this.interrupt.signal));
  }

  /** Starts Postgres and migrates it, as the guide does once before the first start. @throws Error, OperatorError */
  async migrate(): Promise<void> {
    await this.run("up", "-d", "postgres", "redis");
    await this.ready("postgres");
    await this.run("run", "--rm", "migrate");
  }

  /** Runs the guide's command; resolves when it has returned and the api is ready. @throws Error, OperatorError */
  async up(): Promise<void> {
    await this.run("up", "-d", "--remove-orphans");
    await this.ready("api");
  }

  private async ready(service: string): Promise<void> {
    const filters = { label: [`com.docker.compose.project=${this.name}`, `com.docker.compose.service=${service}`] };
    const [found] = await this.docker.listContainers({ filters });
    if (found === undefined) throw new Error(`compose returned and no ${service} runs`);
    const watch = { timeoutSeconds: readySeconds, signal: this.interrupt.signal, waiting: () => undefined };
    await untilReady(
      engineOver(this.docker),
      { id: found.Id, name: found.Names[0] ?? "", title: `compose ${service}` },
      watch,
    );
  }

  /** Removes everything the project has on the engine, and its folder, once running compose commands have ended. */
  async remove(): Promise<void> {
    await this.interrupt.idle();
    await removeInstall(this.docker, this.name);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
