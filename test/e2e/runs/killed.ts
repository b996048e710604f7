import { StandInScani } from "../../../lab/rehearse/standIn";
import { readStatus } from "../../../ops/status/read";
import { baseOf, countOf, runningServices } from "../host";
import { killedUp } from "./killedUp";
import { everyCase, fewCases, wholly } from "./cases";
import { underLoad, until } from "../traffic";
import { overlaps, workerRuns } from "../workers";
import { scene } from "./install";

/**
 * True for every step boundary in both directions and thirty random times, which take more than half an hour; a normal
 * run takes a few boundaries. To run a part: `-t "killed at ▸ flip"`.
 */
const thorough = process.env.SCANI_TEST_THOROUGH !== undefined;

/** Milliseconds within which a random kill falls: about the time of a switch of the stand-ins. */
const span = 9_000;

const cases = thorough ? everyCase(span, "both") : fewCases;

describe("killed", () => {
  let scani: StandInScani;
  let count: Awaited<ReturnType<typeof countOf>>;
  let base: string[];

  beforeAll(async () => {
    await scene.up("tier1");
    await scene.up("tier2");
    scani = new StandInScani(scene.place);
    [count, base] = [await countOf(scene), await baseOf(scene)];
  });

  const serving = async () => (await readStatus(scene.engine, scene.place.install)).serving?.tier;

  test.each(cases.map((one) => [one.target, one.when, one.reach, one] as const))(
    "up of %s killed %s, %s: nothing is lost, and one rerun ends with one tier and nothing left over",
    async (target, when, reach, { moment }) => {
      // If run alone, a test may find its tier already serving.
      if ((await serving()) === target) await scene.up(target === "tier1" ? "tier2" : "tier1");
      const sent = (await scani.jobs()).sent;
      const load = await underLoad(scene, 200);
      await scani.sendJobs(100, 200);
      const { killed, output } = await killedUp(scene, target, moment, reach);
      // A random time may be after the end, but a boundary that never came is a mistake in the list.
      if ("line" in moment && !killed) throw new Error(`it ended by itself\n${output}`);
      const rerunAt = load.mark("rerun");
      await scene.up(target).catch((error: Error) => {
        throw new Error(`the rerun failed: ${error.message}\n${output}\n────\n${scene.output.slice(-60).join("\n")}`);
      });
      const report = await load.stop();
      expect({ failed: report.failed, first: report.failures.slice(0, 3), rerunAt, sent: report.sent > 100 }).toEqual({
        failed: 0,
        first: [],
        rerunAt,
        sent: true,
      });
      expect(await runningServices(scene)).toEqual(wholly[target]);
      expect((await scene.fetchJson<{ tier: string }>("/api/whoami")).tier).toBe(target);
      expect({ base: await baseOf(scene), count: await countOf(scene) }).toEqual({ base, count });
      expect(overlaps(await workerRuns(scene))).toEqual([]);
      await until(async () => (await scani.jobs()).never === 0, 60_000);
      expect(await scani.jobs()).toMatchObject({ sent: sent + 100, once: sent + 100, twice: 0 });
      console.info(
        `up of ${target} killed ${when}${"afterMs" in moment ? ` (${moment.afterMs} ms)` : ""}, ${reach}: ${report.sent} requests, 0 failed`,
      );
    },
  );
});
