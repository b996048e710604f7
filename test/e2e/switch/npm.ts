import { randomUUID } from "node:crypto";
import { readJournal } from "../../../host/install/journal";
import { down } from "../../../ops/down";
import type { Session } from "../../../lab/rehearse/session";
import { StandInScani } from "../../../lab/rehearse/standIn";
import type { JobStatus } from "../../../lab/rehearse/statement";
import { readStatus } from "../../../ops/status/read";
import { changeSetting, contextOn } from "../../../lab/throwaway";
import { baseOf, container, containersOf, countOf, environmentOf, runningServices, secretsIn, sql } from "../host";
import { Objects } from "../objects";
import { routesOf } from "../routes";
import { issuedKey } from "../scene";
import { promisedRate, repeatedly, underLoad, until } from "../traffic";
import { overlaps, workerRuns } from "../workers";
import { scene } from "./install";
import { WebSocket } from "ws";

/** Switches by `npm run up`, which leave everything else unchanged. */

let untouched: string[];

const serving = async () => (await readStatus(scene.engine, scene.place.install)).serving?.tier;
const lastEntry = async () => (await readJournal(scene.engine, `${scene.place.install}-gateway`)).at(-1);

/** Opens a websocket as the page does. @returns its first message or, without a session, its close code */
function hello(headers: { cookie?: string } = {}): Promise<{ tier: string } | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${scene.place.url.replace("http", "ws")}/api/`, { headers });
    socket.once("message", (data) => {
      socket.close();
      resolve(JSON.parse(String(data)));
    });
    socket.once("close", resolve);
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => reject(new Error(`no upgrade: ${response.statusCode}`)));
  });
}

beforeAll(async () => {
  untouched = await baseOf(scene);
});

test("tier 1 serves with everything it declares", async () => {
  expect(await serving()).toBe("tier1");
  expect(await runningServices(scene)).toEqual([
    "tier1 api",
    "tier1 data-provider",
    "tier1 frontend-app",
    "tier1 worker",
  ]);
});

/**
 * Makes a switch, and sends jobs just before the old worker is stopped, so that it has some in progress and leaves
 * others.
 */
async function switchTo(tier: string, scani: StandInScani, jobs: number): Promise<void> {
  await Promise.all([scene.up(tier), scene.untilPrinted("▸ verify").then(() => scani.sendJobs(jobs, 40))]);
}

/** Imports a statement through the bucket of the tier that serves. */
function imported(scani: StandInScani, session: Session, name: string): Promise<JobStatus> {
  const content = `date,description,amount\n2026-01-01,${name},1.00\n2026-01-02,${name},2.00\n`;
  return scani.importStatement(session, { name: `${name}.csv`, type: "csv", content, requestId: randomUUID() });
}

test("tier 1 → 2 → 1 → a new tag, while everybody goes on: no request, job, row, session, credential or object is lost", async () => {
  const scani = new StandInScani(scene.place);
  const ada = await scani.seedUser("ada");
  await scani.sendJobs(100, 40);
  const objects = await Objects.of(scene, await container(scene, undefined, "hosted"));
  const rows: string[] = [];
  const writing = [
    repeatedly(50, async (round) => {
      await scani.addRow(`kept ${round}`);
      rows.push(`kept ${round}`);
    }),
    repeatedly(500, (round) => objects.add(`object-${round}`)),
  ];

  const load = await underLoad(scene, 240, promisedRate);
  const slow = fetch(`${scene.place.url}/api/slow?ms=20000&chunks=20`).then((response) => response.text());
  expect(await imported(scani, ada, "tier1")).toMatchObject({ state: "completed" });
  await switchTo("tier2", scani, 300);
  expect(await serving()).toBe("tier2");
  // The bench checks the limit of 500 ms; a busy test machine must not fail a test that is about requests.
  expect((await lastEntry())?.flipMs).toBeLessThanOrEqual(2_000);
  expect(await hello(ada)).toMatchObject({ tier: "tier2" });
  expect(await hello()).toBe(4401);
  expect(await imported(scani, ada, "tier2")).toMatchObject({ state: "completed" });
  expect(await scani.stillKnows(ada)).toBe(true);
  const grace = await scani.seedUser("grace");
  const known = { ...objects.kept };
  expect(await objects.readBy(await container(scene, "tier2", "worker"))).toMatchObject(known);
  const slowBody = await slow;

  await switchTo("tier1", scani, 300);
  expect(await hello(ada)).toMatchObject({ tier: "tier1" });
  expect([await scani.stillKnows(ada), await scani.stillKnows(grace)]).toEqual([true, true]);
  changeSetting(scene.place, "tier1", "SCANI_IMAGE_TAG", scene.images.nextTag);
  await switchTo("tier1", scani, 300);
  expect(await scene.fetchJson("/api/whoami")).toMatchObject({ tier: "tier1", version: scene.images.nextTag });
  expect([await scani.stillKnows(ada), await scani.stillKnows(grace)]).toEqual([true, true]);

  expect(await imported(scani, ada, "tier1 again")).toMatchObject({ state: "completed" });
  expect((await scani.imports(ada)).map(({ file, rows: found }) => [file, found.length])).toEqual([
    ["tier1 again.csv", 2],
    ["tier2.csv", 2],
    ["tier1.csv", 2],
  ]);

  const report = await load.stop();
  const counts = await Promise.all(writing.map((work) => work.stop()));
  expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect(report.sent).toBeGreaterThan(3000);
  expect(slowBody.trim().split("\n").length).toBeGreaterThanOrEqual(20);

  await until(async () => (await scani.jobs()).never === 0, 60_000);
  expect(await scani.jobs()).toMatchObject({ sent: 1000, once: 1000, twice: 0, never: 0 });
  // Every worker has done jobs, so no switch found an empty queue.
  expect(
    await sql(
      scene,
      "select to_jsonb(count(*)) from worker_log w where exists (select from effects e where e.run_id = w.run_id)",
    ),
  ).toEqual([4]);
  expect(await sql(scene, "select to_jsonb(text) from rows where text like 'kept %' order by id")).toEqual(rows);
  expect(await objects.readBy(await container(scene, "tier1", "worker"))).toEqual(objects.kept);
  expect(counts).toEqual([rows.length, Object.keys(objects.kept).length]);
  expect(Object.keys(objects.kept).length).toBeGreaterThan(Object.keys(known).length + 10);
  console.info(
    `${report.sent} requests, ${rows.length} rows and ${Object.keys(objects.kept).length} objects written meanwhile`,
  );
});

test("no two workers ever listened at once", async () => {
  const runs = await workerRuns(scene);
  expect(runs.length).toBeGreaterThanOrEqual(4);
  expect(overlaps(runs)).toEqual([]);
});

test("base is untouched, and nothing is left over", async () => {
  expect(await baseOf(scene)).toEqual(untouched);
  // Five of base, the hosted endpoint and its bucket, five of tier 1, four of tier 2; three networks of base and one a
  // release.
  expect(await countOf(scene)).toEqual({ containers: 16, networks: 5, volumes: 4 });
});

test("the gateway has written down what it does: a restart of it would change nothing", async () => {
  const { does, wrote } = await routesOf(scene);
  expect(Object.keys(does)).toHaveLength(4);
  expect(wrote).toEqual(does);
});

test("a second up changes nothing", async () => {
  const before = (await containersOf(scene)).map(({ id, info }) => `${id} ${info.State.StartedAt}`).sort();
  expect(await scene.up("tier1")).toMatch(/Resources:\n\s+\d+ unchanged/);
  expect((await containersOf(scene)).map(({ id, info }) => `${id} ${info.State.StartedAt}`).sort()).toEqual(before);
});

test("each container has its tier's environment, and tier 2 knows nothing of the local key", async () => {
  const [one, two, provider] = await Promise.all([
    container(scene, "tier1", "api"),
    container(scene, "tier2", "api"),
    container(scene, "tier1", "data-provider"),
  ]);
  const local = environmentOf(provider).DATA_PROVIDER_API_KEY;
  expect(environmentOf(one)).toMatchObject({
    SCANI_CLOUD_URL: "http://data-provider:8082",
    SCANI_CLOUD_API_KEY: local,
    SERVICE_NAME: "api",
  });
  expect(environmentOf(two)).toMatchObject({
    SCANI_CLOUD_URL: "http://hosted.internal:8082",
    SCANI_CLOUD_API_KEY: issuedKey,
  });
  const workers = await Promise.all([container(scene, "tier1", "worker"), container(scene, "tier2", "worker")]);
  expect(new Set(workers.map((seen) => environmentOf(seen).ENCRYPTION_KEY)).size).toBe(1);
  for (const seen of (await containersOf(scene)).filter(({ tier }) => tier === "tier2"))
    expect(JSON.stringify(seen.info.Config.Env)).not.toContain(local);
});

test("no secret is in what was printed", async () => {
  expect(await secretsIn(scene, scene.output.join("\n"))).toEqual([]);
});

test("an api that Docker restarts on another address is served again within 5 s", async () => {
  const api = await container(scene, "tier1", "api");
  const edge = `${scene.place.install}-edge`;
  const address = (seen: typeof api) => seen.info.NetworkSettings.Networks[edge]?.IPAddress;
  await scene.docker.getContainer(api.id).stop();
  // Another container takes its address meanwhile.
  const squatter = await scene.docker.createContainer({
    Image: scene.images.gateway,
    Labels: { "scani.install": scene.place.install },
    HostConfig: { NetworkMode: edge },
  });
  await squatter.start();
  await scene.docker.getContainer(api.id).start();
  const tookMs = await until(async () => (await fetch(`${scene.place.url}/api/whoami`)).ok, 5_000);
  expect(tookMs).toBeLessThanOrEqual(5_000);
  expect(address(await container(scene, "tier1", "api"))).not.toBe(address(api));
  await squatter.remove({ force: true });
});

test("a container somebody stopped is started again, one somebody removed is created again", async () => {
  const worker = await container(scene, "tier1", "worker");
  await scene.docker.getContainer(worker.id).stop();
  await scene.up("tier1");
  expect((await container(scene, "tier1", "worker")).running).toBe(true);
  const api = await container(scene, "tier1", "api");
  await scene.docker.getContainer(api.id).remove({ force: true });
  await scene.up("tier1");
  expect(await scene.fetchJson("/api/whoami")).toMatchObject({ tier: "tier1" });
  expect(await runningServices(scene)).toEqual([
    "tier1 api",
    "tier1 data-provider",
    "tier1 frontend-app",
    "tier1 worker",
  ]);
});

test("the tier that serves cannot be taken down; a settled one can, and comes back", async () => {
  const said: string[] = [];
  const context = contextOn(scene.place, (line) => said.push(line));
  const before = await runningServices(scene);
  await expect(down(context, "tier1")).rejects.toThrow();
  expect(said.join("\n")).toContain("tier1 serves; destroying it would take Scani down. Nothing has been touched.");
  await expect(down(context, "base")).rejects.toThrow();
  expect(said.join("\n")).toContain("Base carries tier1 and tier2");
  expect(await runningServices(scene)).toEqual(before);
  await down(context, "tier2");
  expect((await containersOf(scene)).filter(({ tier }) => tier === "tier2")).toEqual([]);
  expect(await serving()).toBe("tier1");
});
