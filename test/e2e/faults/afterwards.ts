import { readJournal } from "../../../host/install/journal";
import { changeSetting } from "../../../lab/throwaway";
import { endpointUrl } from "../endpoint";
import { containersOf, runningServices } from "../host";
import { underLoad } from "../traffic";
import { scene } from "./install";

/** Switches after all those faults. */

test("with nothing wrong the next up starts clean and passes, also where the boot log names the tier as the guide shows it", async () => {
  changeSetting(scene.place, "tier2", "SCANI_IMAGE_TAG", `${scene.images.nextTag}-api-guide-log`);
  const load = await underLoad(scene, 120);
  const printed = await scene.up("tier2");
  const report = await load.stop();
  expect(printed).toContain(`${endpointUrl} accepts the key`);
  expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect(await scene.fetchJson("/api/whoami")).toMatchObject({ tier: "tier2", version: scene.images.nextTag });
  expect(await runningServices(scene)).toEqual(["tier2 api", "tier2 frontend-app", "tier2 worker"]);
  expect(
    (await containersOf(scene))
      .filter(({ tier }) => tier === "tier2")
      .map(({ service }) => service)
      .sort(),
  ).toEqual(["api", "frontend-app", "migrate", "worker"]);
  const entry = (await readJournal(scene.engine, `${scene.place.install}-gateway`)).at(-1);
  // The preflight takes about a second on a quiet machine; the limit only shows that it waits for nothing.
  expect(entry?.timings.preflight).toBeLessThan(5_000);
});

test("a release whose images the database has outgrown is refused, and the tag that serves is named", async () => {
  const before = await runningServices(scene);
  const from = scene.output.length;
  await expect(scene.up("tier1")).rejects.toThrow();
  const printed = scene.output.slice(from).join("\n");
  expect(printed).toContain(
    `The database is newer than the images ${scene.images.scaniTag}: it has had 0003_rows_note`,
  );
  expect(printed).toMatch(
    new RegExp(`type: npm run pulumi -- config set --stack tier1 SCANI_IMAGE_TAG ${scene.images.nextTag}`),
  );
  expect(await runningServices(scene)).toEqual(before);
});
