import fc from "fast-check";
import { routeCommand, routes, servedBy, type Route } from "../../host/gateway/routes";
import { gatewayStatePath } from "../../host/gateway/state";
import type { Order } from "../../host/handover/order";
import { perform } from "../../host/handover/perform";
import { previewSwitch } from "../../host/handover/previewSwitch";
import { containerName } from "../../host/install/containerName";
import type { Facts, ReleaseContainer } from "../../host/install/facts";
import { readJournal } from "../../host/install/journal";
import type { Sockets } from "../../host/install/platform";
import { readFacts } from "../../host/install/readFacts";
import { servicesOf, type Service } from "../../host/install/services";
import { readStatus } from "../../ops/status/read";
import type { Tier } from "../../settings";
import { runningServices } from "./host";
import { closeScene, openScene, type Scene } from "./scene";

jest.setTimeout(1_800_000);

/**
 * What other hands leave on a real engine: whatever it is, `preview` says what `up` then does, `status` is true before and
 * after, and the same command ends in one tier. A normal run tries a few states, a thorough one a hundred.
 */
const states = process.env.SCANI_TEST_THOROUGH === undefined ? 5 : 100;

let scene: Scene;
beforeAll(async () => {
  scene = await openScene("facts", { tier1: { soak: "0" }, tier2: { soak: "0" } });
  await scene.up("tier1");
  await scene.up("tier2");
});
afterAll(() => closeScene(scene));

const gateway = (): string => containerName(scene.place.install, "gateway");
const facts = (): Promise<Facts> => readFacts(scene.engine, { name: scene.place.install, gateway: gateway() });

/** What somebody does to an install. */
type Hand =
  | { readonly do: "pause" | "stop" | "kill" | "restart" | "start"; readonly tier: Tier; readonly service: Service }
  | { readonly do: "unroute" | "hold"; readonly route: Route }
  | { readonly do: "misroute"; readonly route: Route; readonly tier: Tier }
  | { readonly do: "stop the gateway" | "pause the gateway" | "cut the record short" };

const tiers = fc.constantFrom<Tier>("tier1", "tier2");
const service = fc.constantFrom<Service>("api", "worker", "frontend-app");
const route = fc.constantFrom(...routes);
const hands: fc.Arbitrary<Hand[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constantFrom("pause", "stop", "kill", "restart", "start"), tier: tiers, service }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("unroute", "hold"), route }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("misroute"), route, tier: tiers }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom("stop the gateway", "pause the gateway", "cut the record short") }),
    },
  ),
  { minLength: 1, maxLength: 3 },
);

const cases = fc
  .sample(fc.record({ hands, to: tiers }), { numRuns: states, seed: Number(process.env.SCANI_TEST_SEED ?? Date.now()) })
  .map((one) => [one.hands.map((hand) => Object.values(hand).join(" ")).join(", "), one] as const);

/** Does it; what the engine refuses, such as to pause what is stopped, changes nothing. */
async function lay(hand: Hand): Promise<void> {
  const { containers } = await facts();
  const named = (tier: Tier, which: Service) =>
    containers.find((one) => one.tier === tier && one.service === which) as ReleaseContainer;
  const inGateway = (words: readonly string[]) => scene.engine.exec(gateway(), words);
  const done = (): Promise<unknown> => {
    switch (hand.do) {
      case "pause":
        return scene.docker.getContainer(named(hand.tier, hand.service).id).pause();
      case "stop":
        return scene.docker.getContainer(named(hand.tier, hand.service).id).stop();
      case "kill":
        return scene.docker.getContainer(named(hand.tier, hand.service).id).kill();
      case "restart":
        return scene.docker.getContainer(named(hand.tier, hand.service).id).restart();
      case "start":
        return scene.docker.getContainer(named(hand.tier, hand.service).id).start();
      case "unroute":
        return inGateway(["kamal-proxy", "remove", hand.route]);
      case "hold":
        return inGateway(["kamal-proxy", "pause", hand.route]);
      case "misroute":
        return inGateway(routeCommand(hand.route, named(hand.tier, servedBy(hand.route)).name, 1));
      case "stop the gateway":
        return scene.docker.getContainer(gateway()).stop();
      case "pause the gateway":
        return scene.docker.getContainer(gateway()).pause();
      case "cut the record short":
        return scene.engine.writeFile(gateway(), `${gatewayStatePath}/scani-handovers.json`, '[{"at": "20');
    }
  };
  await done().catch(() => undefined);
}

/** True when the page and the api answer everybody who comes to the gateway. */
async function answers(): Promise<boolean> {
  const asked = ["/healthz", "/api/readyz"].map((path) =>
    fetch(`${scene.place.url}${path}`, { signal: AbortSignal.timeout(3_000) }).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return (await Promise.all(asked)).every(Boolean);
}

const status = () => readStatus(scene.engine, scene.place.install);

/** What the Handover of a tier's stack is told. */
async function orderFor(tier: Tier): Promise<Order> {
  const { containers } = await facts();
  const backups = {
    directory: "backups",
    maxAge: 87_600,
    kept: 5,
    postgres: containerName(scene.place.install, "postgres"),
    image: scene.images.postgres,
    network: "",
  };
  return {
    install: { name: scene.place.install, gateway: gateway() },
    stack: tier,
    baseStack: "base",
    ownBucket: true,
    minimumFreeDisk: 1,
    readyTimeout: 60,
    drainTimeout: 10,
    migrationTimeout: 600,
    soak: 0,
    wanted: {
      tier,
      release: containers.find((one) => one.tier === tier)?.release as string,
      keepWarm: false,
      containers: Object.fromEntries(
        servicesOf(tier).map((which) => [
          which,
          containers.find((one) => one.tier === tier && one.service === which)?.id,
        ]),
      ),
    },
    backups: { plan: backups, folder: `${scene.place.workDir}/backups` },
  };
}

test.each(cases)(
  "%s: preview is what up does, and status is true before and after",
  async (_what, { hands: laid, to }) => {
    for (const hand of laid) await lay(hand);
    const before = await status();
    expect({ state: before.state, answers: before.serving !== undefined && (await answers()) }).toEqual({
      state: before.state,
      answers: before.state.is === "serving",
    });

    const order = await orderFor(to);
    const sockets = { install: order.install.name, gateway: gateway(), backups: order.backups.plan, services: [] };
    const { steps } = await previewSwitch(
      scene.engine,
      sockets as unknown as Sockets,
      { ...order.wanted, images: {}, environment: {} },
      scene.place.workDir,
    );
    // Without a soak there is nothing to time; concurrent steps are timed as they end.
    const said = steps.map(({ id }) => id as string).filter((id) => id !== "soak");
    const done = await perform(scene.engine, order, () => undefined, new AbortController().signal).catch(
      (error: { why?: Error } & Error) => {
        throw error.why ?? error;
      },
    );
    expect(
      Object.keys(done?.timings ?? {})
        .filter((id) => id !== "drain")
        .sort(),
    ).toEqual(said.sort());

    const after = await status();
    expect({ ...after.state, answers: await answers() }).toEqual({
      is: "serving",
      release: { tier: to, release: order.wanted.release },
      answers: true,
    });
    expect(await runningServices(scene)).toEqual(
      servicesOf(to)
        .filter((which) => which !== "migrate")
        .map((which) => `${to} ${which}`)
        .sort(),
    );
    // Where there was nothing to do, nothing was written.
    if (done !== undefined) expect((await readJournal(scene.engine, gateway())).length).toBeGreaterThan(0);
    expect(
      await perform(scene.engine, await orderFor(to), () => undefined, new AbortController().signal),
    ).toBeUndefined();
  },
);
