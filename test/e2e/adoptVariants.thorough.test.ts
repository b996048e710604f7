import { randomBytes } from "node:crypto";
import { connectDocker } from "../../host/engine/connect";
import { engineOver } from "../../host/engine/docker/dockerEngine";
import { ensureImages, type ImageSet } from "../../lab/images";
import { startLoad, type LoadHandle } from "../../lab/load";
import { StandInScani } from "../../lab/rehearse/standIn";
import {
  cleanUp,
  contextOn,
  hostAddress,
  hostedEnvironment,
  layOut,
  policyFor,
  removeWhole,
  throwawayLabels,
} from "../../lab/throwaway";
import { freePorts } from "../../lab/throwaway/ports";
import { adopt, type AdoptOptions } from "../../ops/adopt/adopt";
import { preview } from "../../ops/preview";
import { readStatus } from "../../ops/status/read";
import { ComposeInstall, type ComposeFile } from "./adopt/composeInstall";
import { Proxy } from "./adopt/proxy";
import { issuedKey } from "./scene";
import { promisedRate, until } from "./traffic";

/** Compose installs that differ from what Scani's installer makes, as operators have them. */

jest.setTimeout(600_000);

const docker = connectDocker();
const engine = engineOver(docker);
let images: ImageSet;

beforeAll(async () => {
  images = await ensureImages({ docker, log: () => undefined });
}, 120_000);

/** Renames services everywhere in the file. */
function rename(file: ComposeFile, names: Readonly<Record<string, string>>): void {
  let text = JSON.stringify(file.services);
  for (const [was, is] of Object.entries(names))
    text = text
      .replaceAll(`"${was}":`, `"${is}":`)
      .replaceAll(`//${was}:`, `//${is}:`)
      .replaceAll(`"--allow-remote","${was}"`, `"--allow-remote","${is}"`);
  file.services = JSON.parse(text) as ComposeFile["services"];
}

async function expectNoneFailed(load: LoadHandle): Promise<void> {
  const report = await load.stop();
  console.info(`${report.sent} sent, ${report.failed} failed, longest wait ${Math.round(report.longestMs)} ms`);
  expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect(report.longestMs).toBeLessThanOrEqual(5_000);
}

test("renamed services, a fixed container name, password scani, a moving tag of a private registry, and a proxy among them that knows the page by name: no request fails", async () => {
  const registry = "registry.test:5000/own/scani";
  const services = ["api", "worker", "data-provider", "frontend-app", "migrate"];
  for (const service of services)
    await engine.tagImage(`${images.scaniRepository}/${service}:${images.scaniTag}`, `${registry}/${service}:latest`);
  const [port, frontPort] = (await freePorts(2)) as [number, number];
  const pageName = `page-${randomBytes(4).toString("hex")}`;
  const proxy = await Proxy.start();
  const composed = await ComposeInstall.up(
    docker,
    { ...images, scaniRepository: registry, scaniTag: "latest" },
    proxy.url,
    {
      changes: {
        POSTGRES_PASSWORD: "scani",
        DATABASE_URL: "postgres://scani:scani@db:5432/scani?sslmode=disable",
        SCANI_CLOUD_URL: "http://market:8082",
      },
      edit(file) {
        rename(file, {
          api: "backend",
          worker: "jobs",
          "data-provider": "market",
          "frontend-app": "web",
          postgres: "db",
        });
        Object.assign(file.services.web, { container_name: pageName });
        Object.assign(file.services.backend, { env_file: ".env" });
        file.services.front = {
          image: images.gateway,
          command: ["kamal-proxy", "run"],
          labels: file.services.web.labels,
          restart: "unless-stopped",
          ports: [`127.0.0.1:${frontPort}:80`],
          depends_on: { web: { condition: "service_healthy" } },
        };
      },
    },
  );
  const place = await layOut("adopt", images, { tier1: { soak: "1" } });
  const output: string[] = [];
  const context = contextOn(place, (line) => output.push(line));
  const adopting = (options: AdoptOptions) => adopt(context, "base", composed.project, options);
  try {
    proxy.pointAt(composed.port, true);
    const front = await composed.container("front");
    const pointFrontAt = async (target: string) => {
      const command = ["kamal-proxy", "deploy", "page", `--target=${target}`, "--health-check-path=/healthz"];
      const deployed = await engine.exec(front, command);
      if (deployed.exitCode !== 0) throw new Error(deployed.output);
    };
    await pointFrontAt("web:80");
    const scani = new StandInScani({ url: proxy.url, mailPort: composed.mailPort });
    const ada = await scani.seedUser("ada");
    const loads = await Promise.all(
      [proxy.url, `http://127.0.0.1:${frontPort}`].map((url) =>
        startLoad({ url, rate: promisedRate / 2, seconds: 500, requests: scani.requests() }),
      ),
    );
    try {
      await scani.sendJobs(60, 40);
      await adopting({ yes: true, port: String(port) });
      proxy.pointAt(port, false);
      // Until then, some users' connections may still be to compose's page.
      await pointFrontAt(`${place.install}-gateway:80`);
      await adopting({ yes: true });
    } catch (error) {
      console.info(output.join("\n"));
      throw error;
    } finally {
      for (const load of loads) await expectNoneFailed(load);
    }
    expect(output.join("\n")).toContain(`the gateway answers to web, ${pageName}`);
    expect(await scani.stillKnows(ada)).toBe(true);
    await until(async () => (await scani.jobs()).never === 0, 60_000);
    expect(await scani.jobs()).toMatchObject({ once: 60, twice: 0 });
    const left = (await composed.containers()).filter(({ running }) => running);
    expect(left.map(({ service }) => service)).toEqual(["front"]);
    const from = output.length;
    await preview(context, "tier1");
    expect(output.slice(from).join("\n")).toContain("Nothing to do.");
  } finally {
    await proxy.stop();
    await cleanUp(docker, place);
    await composed.remove();
    for (const { RepoTags } of await docker.listImages())
      for (const tag of RepoTags ?? []) if (tag.startsWith(registry)) await docker.getImage(tag).remove();
  }
});

test("tier 2, with Postgres, Redis and S3 of somebody else's: they stay as they are, and no request fails", async () => {
  const [port, databasePort, cachePort, bucketPort] = (await freePorts(4)) as [number, number, number, number];
  const address = await hostAddress(docker);
  const proxy = await Proxy.start();
  const place = await layOut("adopt", images, { tier2: { soak: "1" } });
  const password = randomBytes(24).toString("hex");
  // A network that is no part of the future install.
  const others = `${place.install}-others`;
  const outside = async (
    name: string,
    Image: string,
    published: readonly [inside: number, port: number] | undefined,
    more: { Env?: string[]; script?: string } = {},
  ) => {
    const container = await docker.createContainer({
      name: `${place.install}-outside-${name}`,
      Image,
      Env: more.Env,
      Labels: throwawayLabels(others, "outside"),
      ...(more.script === undefined ? {} : { Entrypoint: ["sh", "-c", more.script], Cmd: [] }),
      ...(published === undefined
        ? {}
        : {
            ExposedPorts: { [`${published[0]}/tcp`]: {} },
            HostConfig: {
              PortBindings: { [`${published[0]}/tcp`]: [{ HostIp: address, HostPort: String(published[1]) }] },
            },
          }),
    });
    await container.start();
    return container;
  };
  const keys = [
    "ROOT_ACCESS_KEY=AKOUTSIDE",
    `ROOT_SECRET_KEY=${password}`,
    "VGW_KEEP_ALIVE=true",
    `VGW_CORS_ALLOW_ORIGIN=${proxy.url}`,
  ];
  const database = await outside("postgres", images.postgres, [5432, databasePort], {
    Env: ["POSTGRES_USER=scani", "POSTGRES_DB=scani", `POSTGRES_PASSWORD=${password}`],
  });
  await outside("redis", images.redis, [6379, cachePort]);
  await outside("storage", images.storage, [9000, bucketPort], {
    Env: keys,
    script: "mkdir -p /data/job-uploads && exec versitygw --port :9000 --region us-east-1 posix /data",
  });
  await until(
    async () => (await engine.exec(database.id, ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "scani"])).exitCode === 0,
    60_000,
  );
  const bucket = {
    S3_ENDPOINT: `http://${address}:${bucketPort}`,
    S3_BUCKET: "job-uploads",
    S3_REGION: "us-east-1",
    S3_ACCESS_KEY_ID: "AKOUTSIDE",
    S3_SECRET_ACCESS_KEY: password,
  };
  const hosted = await outside("hosted", `${images.scaniRepository}/data-provider:${images.scaniTag}`, undefined, {
    Env: Object.entries({
      ...hostedEnvironment(issuedKey, bucket),
      SMTP_URL: "smtp://mailpit:1025",
      PORT: "8082",
    }).map((pair) => pair.join("=")),
  });
  const known = (network: string) =>
    docker.getNetwork(network).connect({ Container: hosted.id, EndpointConfig: { Aliases: ["hosted.internal"] } });
  let composed: ComposeInstall | undefined;
  const output: string[] = [];
  try {
    composed = await ComposeInstall.up(docker, images, proxy.url, {
      changes: {
        DATABASE_URL: `postgres://scani:${password}@${address}:${databasePort}/scani?sslmode=disable`,
        SCANI_CLOUD_URL: "http://hosted.internal:8082",
        SCANI_CLOUD_API_KEY: issuedKey,
        ...bucket,
      },
      edit(file) {
        for (const gone of ["postgres", "redis", "minio", "data-provider"]) delete file.services[gone];
        for (const service of Object.values(file.services)) {
          const { depends_on: needed, environment } = service as {
            depends_on?: Record<string, unknown>;
            environment?: Record<string, string>;
          };
          for (const gone of ["postgres", "redis", "data-provider"]) delete needed?.[gone];
          if (environment?.REDIS_URL !== undefined) environment.REDIS_URL = `redis://${address}:${cachePort}`;
          if (environment?.S3_ENDPOINT !== undefined) environment.S3_ENDPOINT = bucket.S3_ENDPOINT;
          if (environment?.CSP_CONNECT_SRC !== undefined)
            environment.CSP_CONNECT_SRC = policyFor({ origin: bucket.S3_ENDPOINT });
        }
        Object.assign(file.services.migrate, { command: ["/app/migrate", "--allow-remote", address] });
      },
    });
    const { project } = composed;
    await known(`${project}_default`);
    proxy.pointAt(composed.port, true);
    // The endpoint has to be on its clients' networks: connect it to base's as soon as they exist.
    const context = contextOn(place, (line) => {
      output.push(line);
      if (line.includes("✓ bring base up") && !output.includes("known")) {
        output.push("known");
        void known(`${place.install}-data`);
      }
    });
    const scani = new StandInScani({ url: proxy.url, mailPort: composed.mailPort });
    const ada = await scani.seedUser("ada");
    const load = await startLoad({ url: proxy.url, rate: promisedRate, seconds: 400, requests: scani.requests() });
    try {
      await adopt(context, "base", project, { yes: true, port: String(port) });
      proxy.pointAt(port, false);
      await adopt(context, "base", project, { yes: true });
    } catch (error) {
      console.info(output.join("\n"));
      throw error;
    } finally {
      await expectNoneFailed(load);
    }
    expect((await readStatus(engine, place.install)).serving?.tier).toBe("tier2");
    expect(await scani.stillKnows(ada)).toBe(true);
    expect((await composed.containers()).filter(({ running }) => running).map(({ service }) => service)).toEqual([
      "mailpit",
    ]);
    const names = (await engine.containers({ labels: [`scani.install=${place.install}`] })).map(({ name }) => name);
    expect(names.filter((name) => /-(postgres|redis|storage)$/.test(name) && !name.includes("outside"))).toEqual([]);
  } finally {
    await proxy.stop();
    await composed?.remove();
    await cleanUp(docker, place);
    await removeWhole(docker, others);
  }
});
