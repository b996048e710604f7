import { changeSetting } from "../../ops/throwaway";
import { readStatus } from "../../ops/status/read";
import { containersOf, runningServices } from "./host";
import { closeScene, openScene, type Scene } from "./scene";
import { underLoad } from "./traffic";

jest.setTimeout(300_000);

let scene: Scene;

beforeAll(async () => {
  scene = await openScene("failure", { tier1: { readyTimeout: "8" }, tier2: { readyTimeout: "8" } });
  await scene.up("tier1");
});

afterAll(() => closeScene(scene));

const servingIds = async () => (await containersOf(scene)).filter(({ tier, running }) => tier === "tier1" && running).map(({ id, info }) => `${id} ${info.State.StartedAt}`).sort();

/** Every way a candidate can be broken, and what the operator must be told. */
test.each([
  // First: the others leave nothing pending, and then no migrator runs.
  ["migrate-fails", /tier2 migrate exited with code 1; the schema is not migrated/],
  ["api-unready", /tier2 api was not ready within 8 s/],
  ["api-crash", /tier2 api (crashed and was restarted|stopped with exit code 1)/],
  ["frontend-unready", /tier2 frontend-app was not ready within 8 s/],
  ["api-wrong-tier", /boot log names|refuses this container's key|cannot be reached/],
])("%s: the release that served goes on with the same containers", async (fault, message) => {
  changeSetting(scene.place, "tier2", "SCANI_IMAGE_TAG", `${scene.images.nextTag}-${fault}`);
  const before = await servingIds();
  const load = await underLoad(scene, 120);
  await expect(scene.up("tier2")).rejects.toThrow();
  const report = await load.stop();
  const printed = scene.output.join("\n");
  expect(printed).toMatch(message);
  expect(printed).toContain("goes on serving, untouched.");
  expect(await servingIds()).toEqual(before);
  expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect((await readStatus(scene.docker, scene.place.install)).lastSwitch).toMatchObject({ outcome: "failed", to: { tier: "tier2" } });
  expect(await runningServices(scene)).toEqual(["tier1 api", "tier1 data-provider", "tier1 frontend-app", "tier1 worker"]);
});

test.each([
  ["worker-crash"],
  ["worker-crash-late"],
])("%s: after the flip everything goes back, and no request is lost", async (fault) => {
  changeSetting(scene.place, "tier2", "SCANI_IMAGE_TAG", `${scene.images.nextTag}-${fault}`);
  const load = await underLoad(scene, 120);
  await expect(scene.up("tier2")).rejects.toThrow();
  const report = await load.stop();
  expect(scene.output.join("\n")).toMatch(/tier2 worker did not stay up/);
  expect(await scene.fetchJson("/api/whoami")).toMatchObject({ tier: "tier1" });
  expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect(await runningServices(scene)).toEqual(["tier1 api", "tier1 data-provider", "tier1 frontend-app", "tier1 worker"]);
});

test("api-sick-late: an api that turns unhealthy under its first users is taken back, and fails no request afterwards", async () => {
  changeSetting(scene.place, "tier2", "SCANI_IMAGE_TAG", `${scene.images.nextTag}-api-sick-late`);
  const before = await servingIds();
  const from = scene.output.length;
  const load = await underLoad(scene, 120);
  await expect(scene.up("tier2")).rejects.toThrow();
  const report = await load.stop();
  const afterwards = await (await underLoad(scene, 3)).done;
  expect(scene.output.slice(from).join("\n")).toMatch(/tier2 api began to serve, and then the api is not ready any more: process: stand-in fault api-sick-late; .*503/);
  // What it answers while it is sick nobody can take back; from then on the old one answers.
  expect(report.failed).toBeGreaterThan(0);
  expect([...new Set(report.failures.map(({ why }) => why))]).toEqual(["status 500"]);
  expect({ sent: afterwards.sent > 100, failed: afterwards.failed }).toEqual({ sent: true, failed: 0 });
  expect(await scene.fetchJson("/api/whoami")).toMatchObject({ tier: "tier1" });
  expect((await servingIds()).filter((id) => before.includes(id))).toHaveLength(3);
  expect(await runningServices(scene)).toEqual(["tier1 api", "tier1 data-provider", "tier1 frontend-app", "tier1 worker"]);
});

test("the next up starts clean, also where the boot log names the tier as the guide shows it", async () => {
  changeSetting(scene.place, "tier2", "SCANI_IMAGE_TAG", `${scene.images.nextTag}-api-guide-log`);
  await scene.up("tier2");
  expect(await scene.fetchJson("/api/whoami")).toMatchObject({ tier: "tier2", version: scene.images.nextTag });
  expect(await runningServices(scene)).toEqual(["tier2 api", "tier2 frontend-app", "tier2 worker"]);
  expect((await containersOf(scene)).filter(({ tier }) => tier === "tier2")).toHaveLength(4);
});
