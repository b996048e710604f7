import { readStatus } from "../../../ops/status/read";
import { faults, messages, type Fault } from "../endpoint";
import { containersOf, runningServices } from "../host";
import { issuedKey } from "../scene";
import { underLoad } from "../traffic";
import { scene, secure } from "./install";
import { pause } from "../../../lab/throwaway/pause";

/** A hosted endpoint that fails once the candidate serves. */

const tier1 = async () =>
  (await containersOf(scene))
    .filter(({ tier }) => tier === "tier1")
    .map(({ service, id }) => `${service} ${id}`)
    .sort();
/** Lists the containers that no switch has to stop, with their start times. */
const unstopped = async () =>
  (await containersOf(scene))
    .filter(({ tier, service, running }) => tier === "tier1" && service !== "worker" && running)
    .map(({ id, info }) => `${id} ${info.State.StartedAt}`)
    .sort();

/** Faults to test: each of the six takes twenty seconds, so a normal run takes the one that is hardest to notice. */
const some: readonly Fault[] = process.env.SCANI_TEST_THOROUGH === undefined ? ["slow"] : faults;

/** Each `up` that reaches the soak shows that the one before it left nothing in its way. */
test.each(some.map((fault) => [fault]))(
  "the endpoint, %s from the flip on: everything goes back, and no request is lost",
  async (fault) => {
    const [ids, since] = [await tier1(), await unstopped()];
    expect(since).toHaveLength(3);
    const from = scene.output.length;
    const load = await underLoad(scene, 120);
    const failing = scene.untilPrinted("▸ soak").then(() => secure.misbehave(fault));
    await Promise.all([failing, expect(scene.up("tier2")).rejects.toThrow()]);
    const report = await load.stop();
    await secure.mend(fault);
    const printed = scene.output.slice(from).join("\n");
    console.info(`${fault}: ${/✗ soak .*/.exec(printed)?.[0]}, ${report.sent} requests sent`);
    expect(printed).toMatch(/tier2 api began to serve, and then /);
    expect(printed).toMatch(messages[fault]);
    expect(printed).toMatch(/✓ flip the gateway[^]*✗ soak[^]*✓ take back/);
    expect(printed).toMatch(/tier1 \(\S+\) serves again, with the same containers\./);
    expect(printed).not.toContain(issuedKey);
    expect({ failed: report.failed, first: report.failures.slice(0, 3), sent: report.sent > 200 }).toEqual({
      failed: 0,
      first: [],
      sent: true,
    });
    expect(await scene.fetchJson("/api/whoami")).toMatchObject({ tier: "tier1" });
    expect(await runningServices(scene)).toEqual([
      "tier1 api",
      "tier1 data-provider",
      "tier1 frontend-app",
      "tier1 worker",
    ]);
    expect({ ids: await tier1(), since: await unstopped() }).toEqual({ ids, since });
    expect((await readStatus(scene.engine, scene.place.install)).lastSwitch).toMatchObject({
      outcome: "failed",
      to: { tier: "tier2" },
      why: expect.stringMatching(messages[fault]),
    });
  },
);

test("a database that does not answer from the soak on, until the way back has failed once: the gateway is pointed back once it does, and nobody has to type anything", async () => {
  const [ids, since] = [await tier1(), await unstopped()];
  const postgres = scene.docker.getContainer(`${scene.place.install}-postgres`);
  const from = scene.output.length;
  const blip = scene.untilPrinted("▸ soak").then(async () => {
    await pause(postgres);
    await scene.untilPrinted("to point it back");
    await postgres.unpause();
  });
  await Promise.all([blip, expect(scene.up("tier2")).rejects.toThrow()]);
  const printed = scene.output.slice(from).join("\n");
  expect(printed).toMatch(/gateway: trying for up to \d+ s to point it back/);
  expect(printed).toMatch(/tier1 \(\S+\) serves again, with the same containers/);
  const load = await underLoad(scene, 5);
  const { failed, failures } = await load.done;
  expect({ failed, first: failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect(await scene.fetchJson("/api/whoami")).toMatchObject({ tier: "tier1" });
  expect(await runningServices(scene)).toEqual([
    "tier1 api",
    "tier1 data-provider",
    "tier1 frontend-app",
    "tier1 worker",
  ]);
  expect({ ids: await tier1(), since: await unstopped() }).toEqual({ ids, since });
});
