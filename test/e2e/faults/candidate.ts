import { changeSetting } from "../../../lab/throwaway";
import { readStatus } from "../../../ops/status/read";
import { containersOf, runningServices } from "../host";
import { underLoad } from "../traffic";
import { scene } from "./install";

/** Candidates that fail before the flip, and after it. */

const servingIds = async () =>
  (await containersOf(scene))
    .filter(({ tier, running }) => tier === "tier1" && running)
    .map(({ id, info }) => `${id} ${info.State.StartedAt}`)
    .sort();

/** Seconds of the wait for a container that never gets ready. */
const readyTimeout = 4;

/** Runs an `up` of a candidate with a fault, which must fail. @returns its output */
async function upWith(fault: string): Promise<string> {
  const settings = {
    SCANI_IMAGE_TAG: `${scene.images.nextTag}-${fault}`,
    readyTimeout: fault.endsWith("unready") ? String(readyTimeout) : "",
  };
  for (const [name, value] of Object.entries(settings)) changeSetting(scene.place, "tier2", name, value);
  const from = scene.output.length;
  await expect(scene.up("tier2")).rejects.toThrow();
  for (const [name, value] of Object.entries({ SCANI_IMAGE_TAG: scene.images.nextTag, readyTimeout: "" }))
    changeSetting(scene.place, "tier2", name, value);
  return scene.output.slice(from).join("\n");
}

/** Every fault of a candidate, and the message the operator must get. */
test.each([
  // Test this one first: the others leave nothing pending, and then no migrator runs.
  ["migrate-fails", /tier2 migrate exited with code 1; the schema is not migrated/],
  ["api-unready", new RegExp(`tier2 api was not ready within ${readyTimeout} s`)],
  ["api-crash", /tier2 api (crashed and was restarted|stopped with exit code 1)/],
  ["frontend-unready", new RegExp(`tier2 frontend-app was not ready within ${readyTimeout} s`)],
  ["api-wrong-tier", /boot log names|refuses this container's key|cannot be reached/],
])("%s: the release that served goes on with the same containers", async (fault, message) => {
  const before = await servingIds();
  const load = await underLoad(scene, 120);
  const printed = await upWith(fault);
  const report = await load.stop();
  expect(printed).toMatch(message);
  expect(printed).toContain("goes on serving, untouched.");
  // None of them has served anybody, so taking them back does not drain first, not even the frontend, which ignores its
  // signal.
  expect(Number(/✓ take back \(([\d.]+) s\)/.exec(printed)?.[1] ?? 0)).toBeLessThan(8);
  expect(await servingIds()).toEqual(before);
  expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect((await readStatus(scene.engine, scene.place.install)).lastSwitch).toMatchObject({
    outcome: "failed",
    to: { tier: "tier2" },
  });
  expect(await runningServices(scene)).toEqual([
    "tier1 api",
    "tier1 data-provider",
    "tier1 frontend-app",
    "tier1 worker",
  ]);
});

test.each([["worker-crash"], ["worker-crash-late"]])(
  "%s: after the flip everything goes back, and no request is lost",
  async (fault) => {
    const load = await underLoad(scene, 120);
    const printed = await upWith(fault);
    const report = await load.stop();
    expect(printed).toMatch(/tier2 worker did not stay up/);
    expect(await scene.fetchJson("/api/whoami")).toMatchObject({ tier: "tier1" });
    expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
    expect(await runningServices(scene)).toEqual([
      "tier1 api",
      "tier1 data-provider",
      "tier1 frontend-app",
      "tier1 worker",
    ]);
  },
);

test("api-sick-late: an api that turns unhealthy under its first users is taken back, and fails no request afterwards", async () => {
  const before = await servingIds();
  const load = await underLoad(scene, 120);
  const printed = await upWith("api-sick-late");
  const report = await load.stop();
  const afterwards = await (await underLoad(scene, 3)).done;
  expect(printed).toMatch(
    /tier2 api began to serve, and then the api is not ready any more: process: stand-in fault api-sick-late; .*503/,
  );
  // Its errors cannot be undone; afterwards the old release answers.
  expect(report.failed).toBeGreaterThan(0);
  expect([...new Set(report.failures.map(({ why }) => why))]).toEqual(["status 500"]);
  expect({ sent: afterwards.sent > 40, failed: afterwards.failed }).toEqual({ sent: true, failed: 0 });
  expect(await scene.fetchJson("/api/whoami")).toMatchObject({ tier: "tier1" });
  expect((await servingIds()).filter((id) => before.includes(id))).toHaveLength(3);
  expect(await runningServices(scene)).toEqual([
    "tier1 api",
    "tier1 data-provider",
    "tier1 frontend-app",
    "tier1 worker",
  ]);
});
