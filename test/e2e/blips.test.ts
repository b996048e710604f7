import fc from "fast-check";
import { setTimeout as pause } from "node:timers/promises";
import { readStatus } from "../../ops/status/read";
import { runningServices } from "./host";
import { wholly } from "./runs/cases";
import { closeScene, openScene, type Scene } from "./scene";
import { underLoad, until } from "./traffic";
import { pause as pauseContainer } from "../../lab/throwaway/pause";

/**
 * Short outages of a service a switch needs, at any step, in both directions: requests fail only meanwhile, one tier
 * serves afterwards without anybody typing, and the output is true. A normal run tries one, which SCANI_TEST_SEED
 * repeats, a thorough one all. To run a part: `-t "postgres is paused"`.
 */

jest.setTimeout(300_000);

const parts = ["postgres", "redis", "storage", "gateway", "hosted"] as const;
const ways = ["is paused", "is killed", "is restarted"] as const;
const steps = [
  "▸ preflight",
  "▸ migrate",
  "▸ start",
  "▸ verify",
  "▸ flip",
  "▸ stop the old worker",
  "▸ start the new worker",
  "▸ soak",
  "▸ retire",
] as const;
type Part = (typeof parts)[number];
type Way = (typeof ways)[number];

/** Milliseconds a part is paused. */
const pausedFor = 20_000;

/** Milliseconds within which everything has to answer again once the part is back. */
const settled = 10_000;

/** Each part in each way at each step; the tier changes from one case to the next. */
const all = steps.flatMap((step) => parts.flatMap((part) => ways.map((way) => [part, way, step] as const)));
const thorough = process.env.SCANI_TEST_THOROUGH !== undefined;
const seed = Number(process.env.SCANI_TEST_SEED ?? Date.now());
const chosen = thorough ? all : fc.sample(fc.constantFrom(...all), { numRuns: 1, seed });

let scene: Scene;
let from: "tier1" | "tier2" = "tier1";

beforeAll(async () => {
  if (!thorough) console.info(`SCANI_TEST_SEED=${seed}`);
  scene = await openScene("blips", { tier1: { soak: "3" }, tier2: { soak: "3" } });
  await scene.up("tier1");
});
afterAll(() => closeScene(scene));

/** Causes an outage of a part, and brings it back unless Docker does. */
async function away(part: Part, way: Way): Promise<void> {
  const container = scene.docker.getContainer(`${scene.place.install}-${part}`);
  if (way === "is restarted") return container.restart();
  if (way === "is paused") {
    await pauseContainer(container);
    await pause(pausedFor);
    return container.unpause();
  }
  const { State: before, HostConfig: host } = await container.inspect();
  // Kill its process: Docker does not restart a container that it was told to kill.
  process.kill(before.Pid, "SIGKILL");
  if (host.RestartPolicy?.Name === "unless-stopped")
    return void (await until(async () => {
      const { State: now } = await container.inspect();
      return now.Running && now.Pid !== before.Pid;
    }, 30_000));
  await container.wait();
  await container.start();
}

async function answers(): Promise<boolean> {
  const asked = ["/healthz", "/api/whoami"].map((path) =>
    fetch(`${scene.place.url}${path}`, { signal: AbortSignal.timeout(3_000) }).then(({ ok }) => ok),
  );
  return (await Promise.all(asked)).every(Boolean);
}

const serving = async () => (await readStatus(scene.engine, scene.place.install)).serving?.tier;

test.each(chosen)("%s %s at %s: requests fail meanwhile at most, and one tier serves", async (part, way, step) => {
  const to = from === "tier1" ? "tier2" : "tier1";
  const printedFrom = scene.output.length;
  const during = await underLoad(scene);
  let began = Infinity;
  const blip = scene.untilPrinted(step).then(async () => {
    began = Date.now();
    await away(part, way);
    const tookMs = await until(answers, settled);
    const after = await underLoad(scene);
    return { tookMs, after, meanwhile: await during.stop() };
  });
  const switching = scene.up(to).then(
    () => true,
    () => false,
  );
  const [{ tookMs, after, meanwhile }, passed] = await Promise.all([blip, switching]);
  await pause(2_000);
  const { failed, failures } = await after.stop();
  expect({ failed, first: failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect(meanwhile.failures.filter(({ atMs }) => atMs < began)).toEqual([]);

  const printed = scene.output.slice(printedFrom).join("\n");
  const now = await serving();
  const said = [...printed.matchAll(/Serving now: (.*)|(tier[12])(?: \(\S+\))? (?:goes on serving|serves)/g)].at(-1);
  // While the gateway is away the output cannot say which tier serves.
  const named = said?.[2] ?? /^tier[12]/.exec(said?.[1] ?? "")?.[0] ?? (part === "gateway" ? now : undefined);
  expect({ now, named: named === now ? now : printed }).toEqual({ now: passed ? to : now, named: now });
  await until(
    async () => (await runningServices(scene)).filter((one) => one.endsWith("worker")).join() === `${now} worker`,
    60_000,
  );
  console.info(
    `${part} ${way} at ${step}, ${from} → ${to}: ${passed ? "switched" : "taken back"}, ${meanwhile.failed} of ${meanwhile.sent} failed while it was away, answered again after ${tookMs} ms`,
  );

  if (!passed) await scene.up(to);
  expect(await runningServices(scene)).toEqual(wholly[to]);
  from = to;
});
