import { existsSync } from "node:fs";
import { connectDocker } from "../../host/engine/connect";
import { engineOver } from "../../host/engine/docker/dockerEngine";
import { composeOf, findCompose, type Compose } from "../../lab/bench/compose/command";
import { chooseSubject, type Subject } from "../../lab/bench/subject";
import { startLoad } from "../../lab/load";
import { RealScani } from "../../lab/rehearse/real";
import type { Session } from "../../lab/rehearse/session";
import {
  chooseBucket,
  cleanUp,
  contextOn,
  hostedEnvironment,
  layOut,
  policyFor,
  startBucket,
  startHosted,
  type Throwaway,
} from "../../lab/throwaway";
import { freePorts } from "../../lab/throwaway/ports";
import { ensureImages } from "../../lab/images";
import { adopt } from "../../ops/adopt/adopt";
import { back } from "../../ops/adopt/back";
import { preview } from "../../ops/preview";
import { readStatus } from "../../ops/status/read";
import { up } from "../../ops/up";
import { ComposeInstall, type OwnParts } from "./adopt/composeInstall";
import { Proxy } from "./adopt/proxy";
import { issuedKey } from "./scene";
import { promisedRate, until } from "./traffic";

/**
 * Adoption of Scani's own compose file, images and MinIO under load, with each version of compose.
 * SCANI_TEST_IMAGES=real enables it; SCANI_TEST_COMPOSE_FILE and SCANI_TEST_MINIO name the parts.
 */

jest.setTimeout(900_000);

const docker = connectDocker();
const engine = engineOver(docker);
const { SCANI_TEST_COMPOSE_FILE: file = "", SCANI_TEST_MINIO: minio = "", SCANI_TEST_COMPOSE } = process.env;
const own: OwnParts = { file, minio };
const isHere = existsSync(file) && minio !== "";

/** A registry that does not exist: its images are only on the engine, under a tag that moves. */
const registry = "registry.test:5000/team/scani";

/** Seconds a load lasts at most. */
const longest = 500;

let subject: Subject;

beforeAll(async () => {
  subject = await chooseSubject(docker, "real", () => undefined);
});

afterAll(() => subject.release());

/** A Scani as its installer leaves it, with its users and proxy, and the project that adopts it. */
interface Played {
  readonly composed: ComposeInstall;
  readonly proxy: Proxy;
  readonly place: Throwaway;
  readonly port: number;
  readonly scani: RealScani;
  readonly users: Session[];
  readonly bucket: Awaited<ReturnType<typeof chooseBucket>>;
  readonly output: string[];
}

(isHere ? describe : describe.skip).each([
  ["docker-compose on the path, images of a version", undefined, false],
  ["SCANI_TEST_COMPOSE, images of a private registry tagged latest", SCANI_TEST_COMPOSE, true],
])("%s", (_title, program, moving) => {
  let played: Played;
  const context = () => contextOn(played.place, (line) => played.output.push(line));
  const adopting = (options: Parameters<typeof adopt>[3]) => adopt(context(), "base", played.composed.project, options);
  const said = async (work: () => Promise<void>): Promise<string> => {
    const from = played.output.length;
    await work();
    return played.output.slice(from).join("\n");
  };
  /** Sends load until some work has ended, and expects that no request fails. */
  const underLoad = async (work: () => Promise<void>): Promise<number> => {
    const { proxy, scani, output } = played;
    const load = await startLoad({
      url: proxy.url,
      rate: promisedRate,
      seconds: longest,
      requests: scani.requests(),
    });
    let failure: unknown;
    try {
      await work();
    } catch (error) {
      failure = error;
    }
    const report = await load.stop();
    if (failure !== undefined) {
      console.info(output.join("\n"));
      throw failure;
    }
    console.info(`${report.sent} sent, ${report.failed} failed, longest wait ${Math.round(report.longestMs)} ms`);
    expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
    return report.longestMs;
  };
  const expectAllThere = async () => {
    const { scani, users } = played;
    expect(await Promise.all(users.map((user) => scani.stillKnows(user)))).toEqual(users.map(() => true));
    await until(async () => (await scani.jobs()).never === 0, 180_000);
    expect(await scani.jobs()).toMatchObject({ twice: 0, never: 0 });
    const seen = await scani.papers.count(users, AbortSignal.timeout(120_000));
    expect(seen).toMatchObject({ opens: seen.stored, missing: 0, jobs: { once: seen.jobs.sent, twice: 0, never: 0 } });
  };

  beforeAll(async () => {
    const compose = program === undefined ? await findCompose() : ((await composeOf([program])) as Compose);
    const images = moving ? { ...subject.images, scaniRepository: registry, scaniTag: "latest" } : subject.images;
    if (moving)
      for (const service of ["api", "worker", "data-provider", "frontend-app", "migrate"])
        await engine.tagImage(
          `${subject.images.scaniRepository}/${service}:${subject.images.scaniTag}`,
          `${registry}/${service}:latest`,
        );
    const proxy = await Proxy.start();
    const composed = await ComposeInstall.up(docker, images, proxy.url, { own, compose });
    proxy.pointAt(composed.port, true);
    const bucket = await chooseBucket(docker);
    const place = await layOut("adopt", subject.images, {
      tier1: { soak: "1" },
      tier2: {
        soak: "1",
        SCANI_CLOUD_URL: "http://hosted.internal:8082",
        SCANI_CLOUD_API_KEY: issuedKey,
        CSP_CONNECT_SRC: policyFor(bucket),
        carryFiles: "yes",
      },
    });
    const running = (service: string, mine: string) => async (): Promise<string> => {
      const theirs = (await composed.containers()).find((one) => one.service === service && one.running);
      if (theirs !== undefined) return theirs.id;
      const [own] = await engine.containers({ labels: [`scani.install=${place.install}`, `scani.service=${mine}`] });
      if (own === undefined) throw new Error(`no ${service} runs`);
      return own.id;
    };
    const scani = new RealScani(
      docker,
      { url: proxy.url, mailPort: composed.mailPort },
      { api: running("api", "api"), postgres: running("postgres", "postgres") },
    );
    const [port] = (await freePorts(1)) as [number];
    const users = [await scani.seedUser("ada"), await scani.seedUser("grace")];
    played = { composed, proxy, place, port, scani, users, bucket, output: [] };
    await scani.papers.send(users, 12);
  });

  afterAll(async () => {
    await played?.proxy.stop();
    if (played !== undefined) {
      await cleanUp(docker, played.place);
      await played.composed.remove();
    }
    if (moving)
      for (const { RepoTags } of await docker.listImages())
        for (const tag of RepoTags ?? []) if (tag.startsWith(registry)) await docker.getImage(tag).remove();
  });

  test("adopted under load: nothing fails, and rows, sessions, credentials, files and jobs are all there", async () => {
    const { proxy, port, scani, users, composed, place } = played;
    const before = await scani.rows();
    const longestMs = await underLoad(async () => {
      await scani.sendJobs(20);
      await adopting({ yes: true, port: String(port) });
      proxy.pointAt(port, false);
      await scani.sendJobs(20);
      await scani.papers.send(users, 6);
      await adopting({ yes: true });
    });
    expect(longestMs).toBeLessThanOrEqual(5_000);
    expect((await readStatus(engine, place.install)).serving?.tier).toBe("tier1");
    expect((await composed.containers()).filter(({ running }) => running)).toEqual([]);
    expect(await scani.rows()).toBeGreaterThan(before);
    await expectAllThere();
  });

  test("a preview right after has nothing to do", async () => {
    const printed = await said(async () => {
      await preview(context(), "tier1");
      await preview(context(), "base");
    });
    expect(printed).toContain("Nothing to do.");
    expect(printed).not.toMatch(/\d+ to (create|update|replace|delete)/);
  });

  test("compose up -d by mistake: this module's serves on, and its data is whole", async () => {
    const { composed, scani, users, place } = played;
    const rows = await scani.rows();
    await expect(composed.run("up", "-d")).rejects.toThrow();
    expect((await readStatus(engine, place.install)).serving?.tier).toBe("tier1");
    await adopting({ yes: true });
    expect((await composed.containers()).filter(({ running }) => running)).toEqual([]);
    expect(await scani.rows()).toBe(rows);
    expect(await scani.stillKnows(users[0])).toBe(true);
  });

  test("then up tier2 and up tier1, as for anybody: no request fails", async () => {
    const { place, proxy, bucket } = played;
    const standIns = await ensureImages({ docker, log: () => undefined });
    const { install } = place;
    const environment = await startBucket(docker, { install, image: subject.images.storage, page: proxy.url }, bucket);
    await startHosted(docker, {
      install,
      image: `${standIns.scaniRepository}/data-provider:${standIns.scaniTag}`,
      alias: "hosted.internal",
      port: 8082,
      mail: true,
      environment: hostedEnvironment(issuedKey, environment),
    });
    await underLoad(async () => {
      for (const tier of ["tier2", "tier1"] as const) {
        await up(context(), tier);
        expect((await readStatus(engine, install)).serving?.tier).toBe(tier);
      }
    });
    await expectAllThere();
  });

  test("the way back gives compose everything, and then compose up -d changes nothing", async () => {
    const { composed, place, proxy, scani, users } = played;
    const rows = await scani.rows();
    for (const name of ["hosted", "hosted-bucket"])
      await docker.getContainer(`${place.install}-${name}`).remove({ force: true });
    await back(context(), "base", composed.project, { yes: true });
    proxy.pointAt(composed.port, true);
    expect(await scani.rows()).toBe(rows);
    expect(await Promise.all(users.map((user) => scani.stillKnows(user)))).toEqual([true, true]);
    const lasting = async () =>
      (await composed.containers()).filter(({ service }) => !["migrate", "minio-init"].includes(service));
    const before = await lasting();
    expect(before.filter(({ running }) => !running)).toEqual([]);
    await composed.run("up", "-d");
    expect(await lasting()).toEqual(before);
  });
});
