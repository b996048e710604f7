import { closeScene, openScene, type Scene } from "./scene";
import { baseOf, countOf, runningServices } from "./host";
import { killedUp, type Moment } from "./killed";
import { underLoad } from "./traffic";

jest.setTimeout(1_800_000);

/** Every step boundary and thirty random times take half an hour; a normal run takes a few of each. */
const thorough = process.env.SCANI_TEST_THOROUGH !== undefined;

const boundaries: RegExp[] = thorough
  ? [/Updating/, /▸ preflight/, /▸ migrate/, /✓ migrate/, /▸ start api|▸ start data-provider/, /✓ start api|✓ start data-provider/, /▸ verify/, /✓ verify/, /▸ flip/, /✓ flip/, /▸ stop the old worker/, /✓ stop the old worker/, /▸ start the new worker/, /✓ start the new worker/, /▸ soak/, /✓ soak/, /▸ retire/, /✓ retire/]
  : [/▸ start api|▸ start data-provider/, /▸ flip/, /✓ stop the old worker/, /▸ retire/];

const randomTimes = thorough ? 30 : 2;

/** Milliseconds within which a random kill falls: a switch of the stand-ins takes about as long. */
const span = 9_000;

const moments: Moment[] = [
  ...boundaries.flatMap((line): Moment[] => (thorough ? [{ line }, { line }] : [{ line }])),
  ...Array.from({ length: randomTimes }, (): Moment => ({ afterMs: 500 + Math.floor(Math.random() * span) })),
];

const wholly: Readonly<Record<string, string[]>> = {
  tier1: ["tier1 api", "tier1 data-provider", "tier1 frontend-app", "tier1 worker"],
  tier2: ["tier2 api", "tier2 frontend-app", "tier2 worker"],
};

let scene: Scene;

beforeAll(async () => {
  scene = await openScene("killed", { tier1: { soak: "1" }, tier2: { soak: "1" } });
  await scene.up("tier1");
  await scene.up("tier2");
});

afterAll(() => closeScene(scene));

test("killed at any moment, both directions: no request is lost, and one rerun ends with one tier and nothing left over", async () => {
  const [before, base] = [await countOf(scene), await baseOf(scene)];
  let target = "tier1";
  for (const moment of moments) {
    const when = `up ${target} killed ${"line" in moment ? `at ${String(moment.line)}` : `after ${moment.afterMs} ms`}`;
    const load = await underLoad(scene, 120);
    const { killed, output } = await killedUp(scene, target, moment);
    // A random time may lie after the end; a boundary that never came is a mistake in this list.
    if ("line" in moment && !killed) throw new Error(`${when}: it ended by itself\n${output}`);
    const beforeRerun = load.mark("rerun");
    const rerun = await scene.up(target).catch((error: Error) => { throw new Error(`${when}: the rerun failed: ${error.message}\n${scene.output.slice(-60).join("\n")}`); });
    const report = await load.stop();
    expect({ when, failed: report.failed, first: report.failures.slice(0, 3), sent: report.sent > 100, rerun: beforeRerun > 0 && rerun.length > 0 })
      .toEqual({ when, failed: 0, first: [], sent: true, rerun: true });
    expect({ when, running: await runningServices(scene) }).toEqual({ when, running: wholly[target] });
    expect({ when, serves: (await scene.fetchJson<{ tier: string }>("/api/whoami")).tier }).toEqual({ when, serves: target });
    expect({ when, base: await baseOf(scene), count: await countOf(scene) }).toEqual({ when, base, count: before });
    console.info(`${when}: ${report.sent} requests, 0 failed`);
    target = target === "tier1" ? "tier2" : "tier1";
  }
});
