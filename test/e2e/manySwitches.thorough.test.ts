import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { containerName } from "../../host/install/names/containerName";
import { flip } from "../../host/gateway/flip";
import { baseOf, container, countOf, leftOf, sizesOf } from "./host";
import { routesOf } from "./routes";
import { closeScene, openScene, type Scene } from "./scene";
import { promisedRate, underLoad } from "./traffic";

jest.setTimeout(600_000);

/** KiB a volume may grow by, for the record of each switch and Redis' log. */
const leeway = 64;

let scene: Scene;

beforeAll(async () => {
  scene = await openScene("many", { tier1: { soak: "1" }, tier2: { soak: "1" } });
  await scene.up("tier1");
  await scene.up("tier2");
});

afterAll(() => closeScene(scene));

test("20 switches in a row: base is the same, and there is no more of anything than after the first", async () => {
  const look = async () => ({
    base: await baseOf(scene),
    count: await countOf(scene),
    left: await leftOf(scene),
    temporary: readdirSync(folder),
  });
  const outside = process.env.TMPDIR;
  const folder = mkdtempSync(join(tmpdir(), "scani-many-temporary-"));
  process.env.TMPDIR = folder;
  try {
    const [before, sizes] = [await look(), await sizesOf(scene)];
    const load = await underLoad(scene, 580, promisedRate);
    for (let done = 1; done <= 20; done += 1) {
      await scene.up(done % 2 === 1 ? "tier1" : "tier2");
      if (done === 10 || done === 20) expect({ done, ...(await look()) }).toEqual({ done, ...before });
    }
    const report = await load.stop();
    expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
    const after = await sizesOf(scene);
    console.info(
      `${report.sent} requests in ${Math.round((report.endedAt - report.startedAt) / 1000)} s. KiB before and after: ${JSON.stringify({ sizes, after })}`,
    );
    expect(Object.keys(after)).toEqual(Object.keys(sizes));
    for (const [what, size] of Object.entries(after))
      expect({ what, grewBy: size - sizes[what] < leeway }).toEqual({ what, grewBy: true });
  } finally {
    if (outside === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = outside;
    rmSync(folder, { recursive: true });
  }
});

test("1,000 flips between two releases that run: whoever wrote last, the gateway has written down what it does", async () => {
  const sleeping = await Promise.all(
    ["data-provider", "api", "frontend-app"].map((service) => container(scene, "tier1", service)),
  );
  await Promise.all(sleeping.map(({ id }) => scene.docker.getContainer(id).start()));
  const targets = await Promise.all(
    ["tier1", "tier2"].map(async (tier) => {
      const [api, app] = await Promise.all([container(scene, tier, "api"), container(scene, tier, "frontend-app")]);
      return { api: api.name, ws: api.name, app: app.name };
    }),
  );
  const tookMs: number[] = [];
  for (let done = 1; done <= 1_000; done += 1) {
    const wanted = targets[done % 2];
    const flipped = await flip(scene.engine, containerName(scene.place.install, "gateway"), wanted, 5);
    await flipped.drained;
    tookMs.push(flipped.tookMs);
    expect({ done, ...(await routesOf(scene)) }).toEqual({ done, does: wanted, wrote: wanted });
  }
  tookMs.sort((a, b) => a - b);
  console.info(`1,000 flips took ${tookMs[0]} to ${tookMs[999]} ms, half of them ${tookMs[500]} or less`);
});
