import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connectDocker } from "../../host/engine/connect";
import { engineOver } from "../../host/engine/docker/dockerEngine";
import { capture } from "../../host/engine/docker/attached";
import { withServer } from "../../host/backup/server";
import { stacksBeside } from "../../host/install/names/stacks";
import { readStatus } from "../../ops/status/read";
import { adopt } from "../../ops/adopt/adopt";
import { adoptionStatus, back, settle } from "../../ops/adopt/back";
import { root } from "../../ops/root";
import { preview } from "../../ops/preview";
import { up } from "../../ops/up";
import { ensureImages, type ImageSet } from "../../lab/images";
import { startLoad } from "../../lab/load";
import { StandInScani } from "../../lab/rehearse/standIn";
import type { Session } from "../../lab/rehearse/session";
import {
  chooseBucket,
  cleanUp,
  contextOn,
  layOut,
  policyFor,
  startBucket,
  hostedEnvironment,
  startHosted,
  type Throwaway,
} from "../../lab/throwaway";
import { freePorts } from "../../lab/throwaway/ports";
import { ComposeInstall } from "./adopt/composeInstall";
import { Proxy } from "./adopt/proxy";
import { issuedKey } from "./scene";
import { promisedRate, until } from "./traffic";

/** Adoption of a Scani under docker compose, under load, behind a proxy that is pointed at the gateway. */

const docker = connectDocker();
const engine = engineOver(docker);
let images: ImageSet;
let proxy: Proxy;
let composed: ComposeInstall;
let place: Throwaway;
let port: number;
let scani: StandInScani;
let ada: Session;
let bucket: Awaited<ReturnType<typeof chooseBucket>>;
const files: Record<string, string> = {};
/** Restart policies of compose's containers before the adoption, by service. */
let policies: Record<string, string>;
const output: string[] = [];

const context = () => contextOn(place, (line) => output.push(line));
const adopting = (options: Parameters<typeof adopt>[3]) => adopt(context(), "base", composed.project, options);

/** Counts the rows in the database through the Postgres that runs on it. */
async function rowsIn(container: string): Promise<number> {
  const [rows] = await withServer(engine, { kind: "bundled", container, stacks: stacksBeside("base") }, (server) =>
    server.query<number>("select to_jsonb(count(*)) from rows"),
  );
  return rows;
}

beforeAll(async () => {
  images = await ensureImages({ docker, log: () => undefined });
  proxy = await Proxy.start();
  composed = await ComposeInstall.up(docker, images, proxy.url);
  proxy.pointAt(composed.port, true);
  [port] = (await freePorts(1)) as [number];
  bucket = await chooseBucket(docker);
  place = await layOut("adopt", images, {
    tier1: { soak: "1" },
    tier2: {
      soak: "1",
      SCANI_CLOUD_URL: "http://hosted.internal:8082",
      SCANI_CLOUD_API_KEY: issuedKey,
      CSP_CONNECT_SRC: policyFor(bucket),
    },
  });
  scani = new StandInScani({ url: proxy.url, mailPort: composed.mailPort });
  ada = await scani.seedUser("ada");
  for (const name of ["statement.csv", "a folder/with spaces & more.pdf", "empty+plus.txt"])
    files[name] = await composed.putFile(name);
}, 300_000);

afterAll(async () => {
  await proxy?.stop();
  if (place !== undefined) await cleanUp(docker, place);
  await composed?.remove();
}, 120_000);

test("the plan says what becomes of it, shows no secret, and touches nothing", async () => {
  const before = await composed.containers();
  const from = output.length;
  await adopting({ plan: true, port: String(port) });
  const said = output.slice(from).join("\n");
  expect(said).toContain(`The compose project ${composed.project} becomes the install ${place.install}, on tier1.`);
  expect(said).toContain("Further variables, kept as extraEnvironment: api MY_OWN_VARIABLE.");
  expect(said).toContain("WORKER_CONCURRENCY 3");
  for (const value of Object.values(composed.settings).filter((text) => /^[0-9a-f]{64}$/.test(text)))
    expect(said).not.toContain(value);
  await adopting({ json: true, port: String(port) });
  expect(JSON.parse(output.at(-1) ?? "")).toMatchObject({ project: composed.project, tier: "tier1" });
  expect(await composed.containers()).toEqual(before);
  await expect(readStatus(engine, place.install)).rejects.toThrow();
}, 60_000);

/** Returns the restart policy of each of compose's containers that run all the time, by service. */
async function restartPolicies(): Promise<Record<string, string>> {
  const entries = (await composed.containers())
    .filter(({ service }) => service !== "migrate")
    .map(async ({ service, id }) => [service, (await engine.inspect(id))?.restartPolicy ?? "none"] as const);
  return Object.fromEntries(await Promise.all(entries));
}

test("adopted under load: no request fails, and rows, sessions, credentials, files and jobs are all there", async () => {
  policies = await restartPolicies();
  await scani.sendJobs(100, 40);
  const load = await startLoad({ url: proxy.url, rate: promisedRate, seconds: 400, requests: scani.requests() });
  const heldFrom: number[] = [];
  await (async () => {
    await adopting({ yes: true, port: String(port) });
    proxy.pointAt(port, false);
    await scani.sendJobs(100, 40);
    heldFrom.push(Date.now());
    await adopting({ yes: true });
    heldFrom.push(Date.now());
  })().catch(async (error: unknown) => {
    await load.stop();
    console.info(output.join("\n"));
    throw error;
  });
  const report = await load.stop();
  console.info(
    `${report.sent} sent, ${report.failed} failed, longest wait ${Math.round(report.longestMs)} ms; taking over took ${heldFrom[1] - heldFrom[0]} ms`,
  );
  expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect(report.longestMs).toBeLessThanOrEqual(5_000);

  expect((await readStatus(engine, place.install)).serving?.tier).toBe("tier1");
  expect(await scani.stillKnows(ada)).toBe(true);
  await until(async () => (await scani.jobs()).never === 0, 60_000);
  expect(await scani.jobs()).toMatchObject({ sent: 200, once: 200, twice: 0, never: 0 });
  // Rows are the user's own and one for each POST of the load.
  expect(await rowsIn(`${place.install}-postgres`)).toBe(await scani.rows());
}, 400_000);

test("secrets are written down encrypted, and a variable that no setting names has reached the api", async () => {
  const secrets = Object.values(composed.settings).filter((text) => /^[0-9a-f]{64}$/.test(text));
  expect(secrets.length).toBeGreaterThan(5);
  const names = readdirSync(place.workDir, { recursive: true, withFileTypes: true });
  const written = names.filter((one) => one.isFile() && /\.(ya?ml|json|env)$/.test(one.name));
  expect(written.map(({ name }) => name)).toEqual(expect.arrayContaining(["Pulumi.base.yaml", "Pulumi.tier1.yaml"]));
  for (const { parentPath, name } of written) {
    const text = readFileSync(join(parentPath, name), "utf8");
    expect([name, secrets.filter((secret) => text.includes(secret))]).toEqual([name, []]);
  }
  const [api] = await engine.containers({ labels: [`scani.install=${place.install}`, "scani.service=api"] });
  const { environment } = (await engine.inspect(api.id)) ?? { environment: [] };
  expect(environment).toContain("MY_OWN_VARIABLE=kept");
});

test("compose's containers are stopped and kept, and its data is in its volume, one folder down", async () => {
  const left = await composed.containers();
  expect(left.filter(({ running }) => running)).toEqual([]);
  expect(left.map(({ service }) => service)).toEqual(
    expect.arrayContaining(["api", "frontend-app", "postgres", "worker", "minio"]),
  );
  expect(new Set(Object.values(await restartPolicies()))).toEqual(new Set(["no"]));
  const postgres = await engine.inspect(`${place.install}-postgres`);
  expect(postgres?.mounts.map(({ source }) => source)).toContain(`${composed.project}_postgres-data`);
});

test("the files are in base's own bucket", async () => {
  const storage = docker.getContainer(`${place.install}-storage`);
  for (const [name, sum] of Object.entries(files)) {
    const { output: printed } = await capture(storage, ["sha256sum", `/data/job-uploads/${name}`]);
    expect([name, printed.split(" ")[0]]).toEqual([name, sum]);
  }
});

test("a preview right after has nothing to do, and neither has a second adopt", async () => {
  const from = output.length;
  await adopting({ yes: true });
  expect(output.slice(from).join("\n")).toContain("Nothing to do: ");
  await preview(context(), "tier1");
  await preview(context(), "base");
  const said = output.slice(from).join("\n");
  expect(said).toContain("Nothing to do.");
  expect(said).not.toMatch(/\d+ to (create|update|replace|delete)/);
}, 60_000);

test("docker-compose up -d by mistake: this module's serves on, and its data is whole", async () => {
  const load = await startLoad({ url: proxy.url, rate: promisedRate, seconds: 200, requests: scani.requests() });
  // Compose's Postgres finds a folder that is neither empty nor its data, so its dependants do not start.
  await expect(composed.run("up", "-d")).rejects.toThrow();
  const report = await load.stop();
  expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect(await rowsIn(`${place.install}-postgres`)).toBe(await scani.rows());
  expect(await scani.stillKnows(ada)).toBe(true);
  expect((await readStatus(engine, place.install)).serving?.tier).toBe("tier1");
  await adopting({ yes: true });
  expect((await composed.containers()).filter(({ running }) => running)).toEqual([]);
}, 200_000);

test("then up tier2 and up tier1, as for anybody: no request fails", async () => {
  const environment = await startBucket(
    docker,
    { install: place.install, image: images.storage, page: proxy.url },
    bucket,
  );
  await startHosted(docker, {
    install: place.install,
    image: `${images.scaniRepository}/data-provider:${images.scaniTag}`,
    alias: "hosted.internal",
    port: 8082,
    mail: true,
    environment: hostedEnvironment(issuedKey, environment),
  });
  const load = await startLoad({ url: proxy.url, rate: promisedRate, seconds: 200, requests: scani.requests() });
  try {
    for (const tier of ["tier2", "tier1"] as const) {
      await up(context(), tier);
      expect((await readStatus(engine, place.install)).serving?.tier).toBe(tier);
      expect(await scani.stillKnows(ada)).toBe(true);
    }
  } finally {
    const report = await load.stop();
    expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  }
}, 300_000);

test("the way back gives compose everything, and then docker-compose up -d changes nothing", async () => {
  const rows = await scani.rows();
  // Remove the hosted endpoint and its bucket: base's networks could not be removed while they are connected.
  for (const name of ["hosted", "hosted-bucket"])
    await docker.getContainer(`${place.install}-${name}`).remove({ force: true });
  await back(context(), "base", composed.project, { yes: true });
  proxy.pointAt(composed.port, true);
  expect(await scani.rows()).toBe(rows);
  expect(await scani.stillKnows(ada)).toBe(true);
  expect(await restartPolicies()).toEqual(policies);
  const before = (await composed.containers()).filter(({ service }) => service !== "migrate");
  expect(before.filter(({ running }) => !running)).toEqual([]);
  await composed.run("up", "-d");
  expect((await composed.containers()).filter(({ service }) => service !== "migrate")).toEqual(before);
  await expect(readStatus(engine, place.install)).rejects.toThrow();
}, 200_000);

/** Runs the command in a separate process group, and kills the group when it prints a line. */
async function killedAt(line: string, ...words: string[]): Promise<void> {
  const program = [join(root, "bin", "ops", "cli.js"), "adopt", composed.project, "--yes", "--project", place.workDir];
  const child = spawn(process.execPath, [...program, ...words], {
    env: { ...process.env, ...place.environment },
    detached: true,
  });
  let printed = "";
  child.stderr.resume();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    printed += chunk;
    if (printed.includes(line) && child.exitCode === null) process.kill(-(child.pid as number), "SIGKILL");
  });
  const [, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (signal !== "SIGKILL") throw new Error(`it was over before it printed ${line}:\n${printed}`);
}

test("killed in the middle of phases, and typed again: one install, everything there; then it is settled", async () => {
  const rows = await scani.rows();
  await killedAt("▸ copy the files", "--port", String(port));
  await killedAt("▸ bring tier1 up");
  await adopting({ yes: true });
  proxy.pointAt(port, false);
  await killedAt("▸ move the data one folder down");
  await adopting({ yes: true });
  expect(await scani.rows()).toBe(rows);
  expect(await scani.stillKnows(ada)).toBe(true);
  expect((await readStatus(engine, place.install)).serving?.tier).toBe("tier1");
  const from = output.length;
  await adoptionStatus(context(), "base", composed.project);
  expect(output.slice(from).join("\n")).not.toContain("·");
  await settle(context(), "base", composed.project, { yes: true });
  expect((await composed.containers()).filter(({ service }) => service !== "migrate")).toEqual([]);
  expect(await engine.hasVolume(`${composed.project}_minio-data`)).toBe(true);
  expect(await scani.stillKnows(ada)).toBe(true);
}, 400_000);
