import { connectDocker } from "../../host/engine/connect";
import { logSince } from "../../host/engine/docker/lifecycle";
import { readStatus } from "../../ops/status/read";
import { chooseBucket } from "../../lab/throwaway";
import { ensureImages } from "../../lab/images";
import { OwnEngine } from "./engine/ownEngine";
import { container, containersOf, runningServices } from "./host";
import { closeScene, openScene, type Scene } from "./scene";
import { until } from "./traffic";

jest.setTimeout(300_000);

const lack = OwnEngine.lack();
const withEngine = lack === undefined ? test : test.skip;
if (lack !== undefined) console.warn(`SKIPPED: no engine can be restarted here: ${lack}.`);

let engine: OwnEngine | undefined;
let scene: Scene;

beforeAll(async () => {
  if (lack !== undefined) return;
  const images = await ensureImages({ docker: connectDocker(), log: () => undefined });
  engine = await OwnEngine.start();
  const { scaniRepository, scaniTag, postgres, redis, storage, mail, gateway } = images;
  engine.load([
    postgres,
    redis,
    storage,
    mail,
    gateway,
    ...["migrate", "data-provider", "api", "worker", "frontend-app"].map(
      (service) => `${scaniRepository}/${service}:${scaniTag}`,
    ),
  ]);
  const dockerHost = engine.host;
  scene = await openScene(
    "restart",
    { base: { dockerHost }, tier1: { dockerHost, soak: "0" }, tier2: { dockerHost, soak: "0" } },
    { docker: engine.docker, images, bucket: await chooseBucket(engine.docker, "containers") },
  );
  await scene.up("tier1");
  await scene.up("tier2");
});

afterAll(async () => {
  await closeScene(scene);
  await engine?.end();
});

withEngine(
  "after the engine was restarted the same tier serves again by itself, and nothing of the other runs",
  async () => {
    const own = engine as OwnEngine;
    const whoami = () => (JSON.parse(own.fetchText(`${scene.place.url}/api/whoami`)) as { tier: string }).tier;
    const tier2 = ["tier2 api", "tier2 frontend-app", "tier2 worker"];
    expect(whoami()).toBe("tier2");
    expect(await runningServices(scene)).toEqual(tier2);
    const ids = (await containersOf(scene)).map(({ id }) => id).sort();

    const since = Date.now() / 1000;
    await own.restart();
    const back = Date.now();
    // Nothing of tier 1 may run at any moment of the restart.
    const strays = new Set<string>();
    await until(async () => {
      for (const service of await runningServices(scene)) if (service.startsWith("tier1")) strays.add(service);
      const worker = await container(scene, "tier2", "worker");
      return (
        whoami() === "tier2" &&
        own.fetchText(`${scene.place.url}/healthz`) !== "" &&
        (await logSince(scene.docker, worker.id, since)).includes("Worker listening for jobs")
      );
    }, 60_000);
    process.stderr.write(`Served again ${((Date.now() - back) / 1000).toFixed(1)} s after the engine answered.\n`);

    expect([...strays]).toEqual([]);
    expect(await runningServices(scene)).toEqual(tier2);
    expect((await containersOf(scene)).map(({ id }) => id).sort()).toEqual(ids);
    expect((await readStatus(scene.engine, scene.place.install)).serving?.tier).toBe("tier2");
    // Nothing is left for an `up` to mend.
    expect(await scene.up("tier2")).toMatch(/Resources:\n\s+\d+ unchanged/);
  },
);
