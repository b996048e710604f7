import fc from "fast-check";
import type { ContainerState } from "../../../../host/engine/engine";
import { routes, type Route } from "../../../../host/gateway/routes";
import { perform } from "../../../../host/handover/perform";
import { plan } from "../../../../host/handover/plan";
import { isUp, servingOf } from "../../../../host/install/facts";
import { readFacts } from "../../../../host/install/readFacts";
import { servicesOf, type Service } from "../../../../host/install/services";
import type { Tier } from "../../../../settings";
import { Died, type FaultKind } from "../fakeEngine";
import { FakeInstall, journalPath } from "../fakeInstall";

/**
 * What holds whatever state a host is in and whichever call goes wrong (docs/architecture.md, "What must hold"). A normal
 * run tries a part of the states, a thorough one two thousand and more.
 */
const states = process.env.SCANI_TEST_THOROUGH === undefined ? 250 : 2_500;

/** Hosts that are played at a time. */
const atATime = 50;

const tiers = ["tier1", "tier2"] as const;
const releaseOf: Readonly<Record<Tier, string>> = { tier1: "r1", tier2: "r2" };

interface Case {
  readonly to: Tier;
  /** States of each tier's containers, in the order of their services. */
  readonly states: Readonly<Record<Tier, readonly ContainerState[]>>;
  /** The tier each route leads to. */
  readonly routed: readonly (Tier | undefined)[];
  readonly gateway: ContainerState;
  /** What the record of handovers holds. */
  readonly record: string | undefined;
  readonly fault: { readonly kind: FaultKind; readonly at: number };
}

// What Docker restarts for ever never gets ready, and what is lost only Pulumi makes again: both can only be others'.
const own = fc.constantFrom<ContainerState>("created", "running", "running", "paused", "exited");
const anybodys = fc.constantFrom<ContainerState>(
  "created",
  "running",
  "running",
  "paused",
  "exited",
  "restarting",
  "dead",
  "removing",
);

const cases: fc.Arbitrary<Case> = fc.constantFrom<Tier>(...tiers).chain((to) => {
  const statesOf = (tier: Tier) => fc.array(tier === to ? own : anybodys, { minLength: 5, maxLength: 5 });
  return fc.record({
    to: fc.constant(to),
    states: fc.record({ tier1: statesOf("tier1"), tier2: statesOf("tier2") }),
    routed: fc.oneof(
      fc.constantFrom<Tier | undefined>("tier1", "tier2", undefined).map((one) => routes.map(() => one)),
      fc.array(fc.constantFrom<Tier | undefined>("tier1", "tier2", undefined), {
        minLength: routes.length,
        maxLength: routes.length,
      }),
    ),
    gateway: fc.constantFrom<ContainerState>("running", "running", "running", "exited", "paused", "created"),
    record: fc.constantFrom(undefined, "", '[{"at":"20', "{}"),
    fault: fc.record({
      kind: fc.constantFrom<FaultKind>("throw", "lose", "die", "hang"),
      at: fc.integer({ min: 1, max: 70 }),
    }),
  });
});

async function laidOut({ states: of, routed, gateway, record }: Case): Promise<FakeInstall> {
  const host = new FakeInstall();
  for (const tier of tiers) {
    host.declare(tier, releaseOf[tier]);
    host.serve(releaseOf[tier]);
    servicesOf(tier).forEach((service, index) => {
      host.container(releaseOf[tier], service).state = service === "migrate" ? "created" : of[tier][index];
    });
  }
  // Whatever is up was started once, and its worker has said that it listens.
  for (const tier of tiers) {
    const worker = host.container(releaseOf[tier], "worker");
    if (isUp(worker)) host.engine.say(worker, "Worker listening for jobs");
  }
  routes.forEach((route, index) => host.route(route, routed[index] && releaseOf[routed[index]]));
  const container = host.engine.find("scani-gateway");
  if (container === undefined) throw new Error("the fake has no gateway");
  container.state = gateway;
  if (record !== undefined) container.files.set(journalPath, record);
  await host.backedUp();
  return host;
}

/** Where requests go, and whether something is there. */
function lookAt(host: FakeInstall): Map<Route, { readonly target: string; readonly runs: boolean }> {
  return new Map(
    routes.flatMap((route) => {
      const target = host.routes[route];
      return target === undefined ? [] : [[route, { target, runs: host.engine.find(target)?.state === "running" }]];
    }),
  );
}

/** What broke a rule in one case; empty when all of them hold. */
async function broken(one: Case): Promise<string[]> {
  const host = await laidOut(one);
  const wrong = new Set<string>();
  const order = host.order(one.to, releaseOf[one.to]);
  let before = lookAt(host);
  host.engine.watch = (call) => {
    const now = lookAt(host);
    for (const [route, { target, runs }] of before) {
      const moved = now.get(route);
      if (runs && moved?.runs !== true) wrong.add(`rule 1: at ${call} the route ${route} lost ${target}`);
    }
    before = now;
  };
  const interrupt = new AbortController();
  const report: string[] = [];
  const go = (signal: AbortSignal) => perform(host.engine, order, (line) => report.push(line), signal, 50);
  /** What is true now, without a call that counts. */
  const facts = () => readFacts(host.engine, order.install);
  host.engine.plan({ ...one.fault, signal: one.fault.kind === "hang" ? interrupt.signal : undefined });
  host.engine.onFault = () => {
    if (one.fault.kind === "hang") setTimeout(() => interrupt.abort(), 5);
  };
  const failure: unknown = await go(interrupt.signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  host.engine.plan();
  host.engine.watch = () => undefined;
  if (failure === undefined && servingOf(await facts()).is !== "serving")
    wrong.add(`rule 5: it said ${report.at(-1)}, and ${JSON.stringify(servingOf(await facts()))}`);
  if (failure !== undefined && !(failure instanceof Died) && report.some((line) => / serves; /.test(line)))
    wrong.add("rule 5: it said that it serves, and failed");

  await go(new AbortController().signal).catch((error: { why?: Error } & Error) =>
    wrong.add(`rule 4: the same command again fails: ${(error.why ?? error).message}`),
  );
  const after = await facts();
  if (
    JSON.stringify(servingOf(after)) !==
    JSON.stringify({ is: "serving", release: { tier: one.to, release: releaseOf[one.to] } })
  )
    wrong.add(`rule 4: in the end ${JSON.stringify(servingOf(after))}`);
  const up = after.containers.filter(isUp);
  for (const { tier, service, title } of up)
    if (tier !== one.to) wrong.add(`rule ${service === "worker" ? 2 : 4}: ${title} is still up`);
  const asleep = (["api", "worker", "frontend-app"] as readonly Service[]).filter(
    (service) =>
      !up.some(
        (container) => container.tier === one.to && container.service === service && container.state === "running",
      ),
  );
  if (asleep.length > 0) wrong.add(`rule 4: ${asleep.join(", ")} of ${one.to} do not run`);
  if (plan(after, order.wanted).length > 0) wrong.add("rule 4: something is left to do");
  return [...wrong];
}

test(`${states} hosts, each with a fault at some call: the rules hold`, async () => {
  const all = fc.sample(cases, { numRuns: states, seed: Number(process.env.SCANI_TEST_SEED ?? Date.now()) });
  const found: { readonly one: Case; readonly wrong: readonly string[] }[] = [];
  for (let at = 0; at < all.length; at += atATime) {
    const results = await Promise.all(
      all.slice(at, at + atATime).map(async (one) => ({ one, wrong: await broken(one) })),
    );
    found.push(...results.filter(({ wrong }) => wrong.length > 0));
  }
  expect(found.slice(0, 3)).toEqual([]);
}, 600_000);
