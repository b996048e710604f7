import { connectDocker } from "../../host/engine/connect";
import { chooseSubject, type Subject } from "../../lab/bench/subject";
import { startLoad, type LoadHandle } from "../../lab/load";
import { RealScani } from "../../lab/rehearse/real";
import type { Session } from "../../lab/rehearse/session";
import { absent, realTag } from "../../lab/setup/realImages";
import { readStatus } from "../../ops/status/read";
import { changeSetting } from "../../lab/throwaway";
import { ensureImages } from "../../lab/images";
import { endpointUrl, faults, messages, startEndpoint, type Endpoint } from "./endpoint";
import { baseOf, containersOf, countOf, runningServices } from "./host";
import { killedUp } from "./runs/killedUp";
import { everyCase, wholly, type Case } from "./runs/cases";
import { closeScene, openScene, type Scene } from "./scene";
import { promisedRate, until } from "./traffic";

/**
 * Faults of a switch on Scani's own images: a hosted endpoint that fails before and after the flip, and a run that is
 * killed. SCANI_TEST_IMAGES=real enables it. To run a part: `-t "killed at ▸ flip"`.
 */

jest.setTimeout(300_000);

/**
 * Number of jobs sent if a worker is being stopped or started at the kill. After each job Scani's worker recalculates a
 * history with prices that are unavailable here, and then stops as late as it may: half a minute each time.
 */
const jobs = 16;

/** Milliseconds within which a random kill falls: about the time of a switch of the real images. */
const span = 13_000;

let subject: Subject;
let scene: Scene;
let scani: RealScani;
let endpoint: Endpoint;
let sessions: Session[];

beforeAll(async () => {
  const docker = connectDocker();
  const missing = await absent(docker, realTag(process.env));
  if (missing.length > 0) throw new Error(`Scani's own images are not here: ${missing.join(", ")}`);
  const standIns = await ensureImages({ docker, log: () => undefined });
  subject = await chooseSubject(docker, "real", () => undefined);
  const hostedImage = `${standIns.scaniRepository}/data-provider:${standIns.scaniTag}`;
  scene = await openScene("real", { tier1: { soak: "1" } }, { docker, images: subject.images, hostedImage });
  endpoint = await startEndpoint(scene);
  changeSetting(scene.place, "tier2", "SCANI_CLOUD_URL", endpointUrl);
  changeSetting(scene.place, "tier2", "caCertificate", endpoint.authority);
  await scene.up("tier1");
  scani = RealScani.on(scene.docker, scene.place);
  sessions = [await scani.seedUser("ada"), await scani.seedUser("grace")];
});

afterAll(async () => {
  await closeScene(scene);
  await subject.release();
});

const serving = async () => (await readStatus(scene.engine, scene.place.install)).serving?.tier;
const load = (): Promise<LoadHandle> =>
  startLoad({ url: scene.place.url, rate: promisedRate, seconds: 240, requests: scani.requests() });
/** Lists the containers of a tier that no switch has to stop, with their start times. */
const unstopped = async (tier: string) =>
  (await containersOf(scene))
    .filter((seen) => seen.tier === tier && seen.service !== "worker" && seen.running)
    .map(({ id, info }) => `${id} ${info.State.StartedAt}`)
    .sort();

async function expectNoneLost(running: LoadHandle): Promise<number> {
  const report = await running.stop();
  expect({ failed: report.failed, first: report.failures.slice(0, 3), sent: report.sent > 300 }).toEqual({
    failed: 0,
    first: [],
    sent: true,
  });
  return report.sent;
}

async function expectDoneOnce(): Promise<void> {
  await until(async () => (await scani.jobs()).never === 0, 120_000);
  expect(await scani.jobs()).toMatchObject({ twice: 0, never: 0 });
  expect(await Promise.all(sessions.map((session) => scani.stillKnows(session)))).toEqual([true, true]);
}

describe.each(["before the flip", "after the flip"] as const)("the endpoint, %s", (when) => {
  test.each(faults.map((fault) => [fault]))("%s: the old release serves, and no request is lost", async (fault) => {
    expect(await serving()).toBe("tier1");
    const before = await unstopped("tier1");
    expect(before).toHaveLength(3);
    const from = scene.output.length;
    const running = await load();
    if (when === "before the flip") await endpoint.misbehave(fault);
    const failing =
      when === "after the flip" ? scene.untilPrinted("▸ soak").then(() => endpoint.misbehave(fault)) : undefined;
    await Promise.all([failing, expect(scene.up("tier2")).rejects.toThrow()]);
    const sent = await expectNoneLost(running);
    await endpoint.mend(fault);
    const printed = scene.output.slice(from).join("\n");
    expect(printed).toMatch(messages[fault]);
    expect(printed.includes("▸ flip the gateway")).toBe(when === "after the flip");
    expect({
      serving: await serving(),
      running: await runningServices(scene),
      unstopped: await unstopped("tier1"),
    }).toEqual({ serving: "tier1", running: wholly.tier1, unstopped: before });
    console.info(`${fault} ${when}: ${sent} requests, 0 failed`);
  });
});

describe("killed", () => {
  let base: string[];
  let count: Awaited<ReturnType<typeof countOf>>;

  beforeAll(async () => {
    changeSetting(scene.place, "tier2", "soak", "1");
    await scene.up("tier2");
    [count, base] = [await countOf(scene), await baseOf(scene)];
  });

  const other = (target: Case["target"]): Case["target"] => (target === "tier1" ? "tier2" : "tier1");

  test.each(everyCase(span, "either").map((one) => [one.target, one.when, one.reach, one] as const))(
    "up of %s killed %s, %s: nothing is lost, and one rerun ends with one tier and nothing left over",
    async (target, when, reach, { moment }) => {
      if ((await serving()) === target) await scene.up(other(target));
      const running = await load();
      const sending = when.includes("worker") ? scani.sendJobs(jobs) : Promise.resolve();
      sending.catch(() => undefined);
      const { killed, output } = await killedUp(scene, target, moment, reach);
      if ("line" in moment && !killed) throw new Error(`it ended by itself\n${output}`);
      await scene.up(target).catch((error: Error) => {
        throw new Error(`the rerun failed: ${error.message}\n${output}\n────\n${scene.output.slice(-60).join("\n")}`);
      });
      await sending;
      const sent = await expectNoneLost(running);
      expect({ serving: await serving(), running: await runningServices(scene) }).toEqual({
        serving: target,
        running: wholly[target],
      });
      expect({ base: await baseOf(scene), count: await countOf(scene) }).toEqual({ base, count });
      await expectDoneOnce();
      console.info(`up of ${target} killed ${when}, ${reach}: ${sent} requests, 0 failed`);
    },
  );
});
