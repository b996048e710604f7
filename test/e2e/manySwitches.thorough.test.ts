import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { baseOf, countOf, leftOf, sizesOf } from "./host";
import { closeScene, openScene, type Scene } from "./scene";
import { underLoad } from "./traffic";

jest.setTimeout(600_000);

/** KiB by which what is kept of each switch may make a volume grow: the record of it, and what Redis notes. */
const leeway = 64;

let scene: Scene;

beforeAll(async () => {
  scene = await openScene("many", { tier1: { soak: "1" }, tier2: { soak: "1" } });
  await scene.up("tier1");
  await scene.up("tier2");
});

afterAll(() => closeScene(scene));

test("20 switches in a row: base is the same, and there is no more of anything than after the first", async () => {
  const look = async () => ({ base: await baseOf(scene), count: await countOf(scene), left: await leftOf(scene), temporary: readdirSync(folder) });
  const outside = process.env.TMPDIR;
  const folder = mkdtempSync(join(tmpdir(), "scani-many-temporary-"));
  process.env.TMPDIR = folder;
  try {
    const [before, sizes] = [await look(), await sizesOf(scene)];
    const load = await underLoad(scene, 580);
    for (let done = 1; done <= 20; done += 1) {
      await scene.up(done % 2 === 1 ? "tier1" : "tier2");
      if (done === 10 || done === 20) expect({ done, ...await look() }).toEqual({ done, ...before });
    }
    const report = await load.stop();
    expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
    const after = await sizesOf(scene);
    console.info(`${report.sent} requests in ${Math.round((report.endedAt - report.startedAt) / 1000)} s. KiB before and after: ${JSON.stringify({ sizes, after })}`);
    expect(Object.keys(after)).toEqual(Object.keys(sizes));
    for (const [what, size] of Object.entries(after)) expect({ what, grewBy: size - (sizes[what] as number) < leeway }).toEqual({ what, grewBy: true });
  } finally {
    if (outside === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = outside;
    rmSync(folder, { recursive: true });
  }
});
