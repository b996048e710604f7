import type Docker from "dockerode";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  changeSetting,
  chooseBucket,
  cleanUp,
  layOut,
  policyFor,
  startBucket,
  hostedEnvironment,
  startHosted,
  type HostedBucket,
  type TestKind,
  type Throwaway,
  contextOn,
} from "../throwaway";
import { label } from "../../host/install/names/labels";
import { withoutSummary, withStack } from "../../ops/pulumi/workspace";
import type { Report as Say } from "../../util/progress/progress";
import type { ImageSet } from "../images";
import { Decisions } from "./parity/decisions";
import { dockerState } from "./parity/dockerState";

/** Record of what one set of plugins did, step by step. Two sets that behave alike give equal records. */
export interface Played {
  /** Pulumi's decisions in each step. */
  readonly decisions: Record<string, string[]>;
  /** Docker's state after some of the steps. */
  readonly docker: Record<string, Record<string, unknown>>;
}

/** Kind of the throwaway installs; part of every name. */
export const kind: TestKind = "parity";

const hosted = { alias: "hosted.internal", port: 8082 };
const issuedKey = "issued-key-of-the-hosted-endpoint";

type Stack = "base" | "tier1" | "tier2";

/**
 * Plays the life of an install with the plugins found by PATH: up, changes to every kind of property, containers that
 * somebody removed or stopped, a second release, a switch, destroy.
 * @param path PATH of the Pulumi processes; its first plugins are used
 */
export async function play(docker: Docker, images: ImageSet, path: string, say: Say): Promise<Played> {
  const bucket = await chooseBucket(docker);
  const place = await layOut(kind, images, {
    tier1: { soak: "0" },
    tier2: {
      soak: "0",
      SCANI_CLOUD_URL: `http://${hosted.alias}:${hosted.port}`,
      SCANI_CLOUD_API_KEY: issuedKey,
      CSP_CONNECT_SRC: policyFor(bucket),
    },
  });
  const before = {
    PATH: process.env.PATH,
    SCANI_ALLOW_DOWNTIME: process.env.SCANI_ALLOW_DOWNTIME,
    SCANI_TRUST_SETTINGS: process.env.SCANI_TRUST_SETTINGS,
  };
  // The guards would refuse the preview with another database role, and only the plugins are tested here.
  Object.assign(process.env, { PATH: path, SCANI_TRUST_SETTINGS: "true" });
  try {
    const { postgres, redis, storage, mail, gateway } = images;
    const game = new Game(docker, place, bucket, { postgres, redis, storage, mail, gateway }, say);
    await base(game, images);
    await tiers(game, images);
    await end(game);
    return game.played;
  } finally {
    await cleanUp(docker, place);
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}

async function base(game: Game, images: ImageSet): Promise<void> {
  await game.step("base is brought up", "base", "up");
  await game.look("base is brought up");
  await game.imagine("images, limits, ports, entrypoints", "base", {
    postgresMemory: "768",
    redisImage: images.mail,
    S3_BUCKET: "another",
    bindAddress: "127.0.0.2",
    MAILPIT_UI_PORT: "1",
  });
  await game.imagine("environment, health check", "base", {
    POSTGRES_USER: "another",
    REDIS_PASSWORD: "another-password-of-redis",
  });

  await game.remove("mail");
  game.set("base", "postgresMemory", "768");
  await game.step("a container is gone, another has less memory", "base", "up");
  await game.look("a container is gone, another has less memory");

  await game.stop("redis");
  await game.stop("gateway");
  await game.step("two are stopped", "base", "refresh");
  await game.step("two were stopped, and that is known", "base", "up");
  await game.look("two were stopped, and that is known");
}

async function tiers(game: Game, images: ImageSet): Promise<void> {
  await game.step("tier 1 is brought up", "tier1", "up");
  await game.look("tier 1 is brought up");
  await game.imagine("another limit", "tier1", { apiMemory: "640" });
  game.set("tier1", "SCANI_IMAGE_TAG", images.nextTag);
  await game.step("another release beside the first", "tier1", "up");
  await game.look("another release beside the first");

  const bucket = await startBucket(
    game.docker,
    { install: game.place.install, image: images.storage, page: game.place.url },
    game.bucket,
  );
  await startHosted(game.docker, {
    install: game.place.install,
    image: `${images.scaniRepository}/data-provider:${images.scaniTag}`,
    ...hosted,
    environment: hostedEnvironment(issuedKey, bucket),
  });
  // The database has had the next release's migration, and the first release's migrator refuses such a database.
  game.set("tier2", "SCANI_IMAGE_TAG", images.nextTag);
  await game.step("switch to tier 2", "tier2", "up");
  await game.look("switch to tier 2");
  await game.step("tier 1 is settled", "tier1", "destroy");
}

async function end(game: Game): Promise<void> {
  process.env.SCANI_ALLOW_DOWNTIME = "true";
  await game.step("tier 2 is destroyed", "tier2", "destroy");
  await game.remove("hosted");
  await game.remove("hosted-bucket");
  await game.step("base is destroyed", "base", "destroy");
  await game.look("everything is destroyed");
}

/** One install, and the record of its steps. */
class Game {
  readonly played: Played = { decisions: {}, docker: {} };

  /** @param images of base, which have other names on another machine */
  constructor(
    readonly docker: Docker,
    readonly place: Throwaway,
    readonly bucket: HostedBucket,
    private readonly images: Readonly<Record<string, string>>,
    private readonly say: Say,
  ) {}

  /** Runs a Pulumi operation and records its decisions. @throws Error with Pulumi's message when it fails */
  async step(title: string, name: Stack, what: "up" | "preview" | "refresh" | "destroy"): Promise<void> {
    const decisions = new Decisions();
    const began = Date.now();
    await withStack(
      contextOn(this.place),
      name,
      async (stack) => void (await withoutSummary(stack)[what]({ onEvent: decisions.take, color: "never" })),
    );
    this.say(`${title}: ${what} ${name} took ${((Date.now() - began) / 1000).toFixed(1)} s`);
    // A refresh lists every resource; what it found shows in the next step.
    if (what !== "refresh") this.played.decisions[title] = decisions.all;
  }

  /** Records what Pulumi would do with other settings. */
  async imagine(title: string, stack: Stack, settings: Readonly<Record<string, string>>): Promise<void> {
    const file = join(this.place.workDir, `Pulumi.${stack}.yaml`);
    const before = readFileSync(file);
    for (const [name, value] of Object.entries(settings)) this.set(stack, name, value);
    await this.step(title, stack, "preview");
    writeFileSync(file, before);
  }

  set(stack: Stack, name: string, value: string): void {
    changeSetting(this.place, stack, name, value);
  }

  /** Records Docker's state now. */
  async look(title: string): Promise<void> {
    const { hostname, port } = new URL(this.bucket.origin);
    const ports = { page: Number(new URL(this.place.url).port), mail: this.place.mailPort, bucket: Number(port) };
    this.played.docker[title] = await dockerState(this.docker, {
      install: this.place.install,
      ports,
      hostAddress: hostname,
      images: this.images,
    });
  }

  /** Removes a container by hand, behind Pulumi's back. */
  async remove(service: string): Promise<void> {
    await (await this.container(service)).remove({ force: true });
  }

  async stop(service: string): Promise<void> {
    await (await this.container(service)).stop();
  }

  private async container(service: string): Promise<Docker.Container> {
    const [found] = await this.docker.listContainers({
      all: true,
      filters: { label: [`${label.install}=${this.place.install}`, `${label.service}=${service}`] },
    });
    if (found === undefined) throw new Error(`no container of ${this.place.install} is ${service}`);
    return this.docker.getContainer(found.Id);
  }
}
