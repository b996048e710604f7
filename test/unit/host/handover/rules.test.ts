import fc from "fast-check";
import type { ContainerState } from "../../../../host/engine/engine";
import { routes, type Route } from "../../../../host/gateway/routes";
import { refuseWhatServes } from "../../../../host/guards/takedown";
import { explainFailure } from "../../../../host/handover/failed";
import type { Order } from "../../../../host/handover/order";
import { perform } from "../../../../host/handover/perform";
import { plan } from "../../../../host/handover/plan";
import { previewSwitch } from "../../../../host/handover/preview/previewSwitch";
import { describeServing, isUp, servingOf, type Facts } from "../../../../host/install/facts";
import type { Entry } from "../../../../host/install/journal";
import type { BaseOutputs } from "../../../../host/install/platform";
import { readFacts } from "../../../../host/install/readFacts";
import { servicesOf, type Service } from "../../../../host/install/services/release";
import { uploadsRouteName } from "../../../../host/install/storage/uploads";
import { readStatus } from "../../../../ops/status/read";
import { showStatus } from "../../../../ops/status/show";
import type { Tier } from "../../../../settings";
import { Died, type FakeContainer, type FaultKind } from "../fakeEngine";
import { FakeInstall, journalPath } from "../fakeInstall";

/**
 * Rules that hold in every state of a host and with a fault at any call (docs/architecture.md, "What must hold"). A
 * normal run plays some hosts with a fault at one call each, a thorough one over two thousand, many of them with a
 * fault at every call. SCANI_TEST_SEED repeats a run's hosts.
 */
const thorough = process.env.SCANI_TEST_THOROUGH !== undefined;
const seed = Number(process.env.SCANI_TEST_SEED ?? Date.now());
const hostsOnce = thorough ? 2_000 : 300;
const hostsAtEveryCall = thorough ? 100 : 1;

/** Number of hosts played at a time, since they mostly wait. */
const atATime = 100;

const tiers = ["tier1", "tier2"] as const;
const releaseOf: Readonly<Record<Tier, string>> = { tier1: "r1", tier2: "r2" };

/** A fault, and the call of the first run at which it happens. */
interface Trouble {
  readonly kind: FaultKind;
  readonly at: number;
}

interface Case {
  readonly to: Tier;
  /** States of each tier's containers, in the order of their services. */
  readonly states: Readonly<Record<Tier, readonly ContainerState[]>>;
  /** Tier each route leads to. */
  readonly routed: readonly (Tier | undefined)[];
  readonly gateway: ContainerState;
  /** Names of the gateway's services whose requests are held. */
  readonly paused: readonly string[];
  /** State of base's own S3 server, and whether the gateway routes uploads to it; undefined without one. */
  readonly uploads: { readonly state: ContainerState; readonly routed: boolean } | undefined;
  /** Services of the wanted release whose names the engine's DNS has lost, if the gateway runs. */
  readonly nameless: readonly Service[];
  /** Content of the journal. */
  readonly record: string | undefined;
  readonly fault: Trouble;
}

const faultKinds: readonly FaultKind[] = ["throw", "lose", "die", "hang"];

// The wanted release has no lost containers, since Pulumi recreates those.
const own = fc.constantFrom<ContainerState>("created", "running", "running", "paused", "exited", "restarting");
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
    paused: fc.oneof(fc.constant([]), fc.subarray([...routes, uploadsRouteName])),
    uploads: fc.option(
      fc.record({
        state: fc.constantFrom<ContainerState>("running", "running", "exited", "paused"),
        routed: fc.boolean(),
      }),
      { nil: undefined },
    ),
    nameless: fc.oneof(
      fc.constant([]),
      fc.subarray(servicesOf(to).filter((service) => ["data-provider", "api", "frontend-app"].includes(service))),
    ),
    record: fc.constantFrom(undefined, "", '[{"at":"20', "{}"),
    fault: fc.record({
      kind: fc.constantFrom(...faultKinds),
      at: fc.integer({ min: 1, max: 80 }),
    }),
  });
});

async function laidOut(one: Case): Promise<FakeInstall> {
  const { states: of, routed, gateway, record, uploads, paused, nameless, to } = one;
  const host = new FakeInstall();
  for (const tier of tiers) {
    host.declare(tier, releaseOf[tier]);
    host.serve(releaseOf[tier]);
    servicesOf(tier).forEach((service, index) => {
      host.container(releaseOf[tier], service).state = service === "migrate" ? "created" : of[tier][index];
    });
  }
  // A stopped gateway cannot tell which names it does not find, so that case would need the same command twice.
  if (gateway === "running")
    for (const service of nameless)
      if (host.container(releaseOf[to], service).state === "running")
        host.nameless.add(`scani-${releaseOf[to]}-${service}`);
  // A worker that is up has been started, and so has logged that it listens.
  for (const tier of tiers) {
    const worker = host.container(releaseOf[tier], "worker");
    if (isUp(worker)) host.engine.say(worker, "Worker listening for jobs");
  }
  routes.forEach((route, index) => host.route(route, routed[index] && releaseOf[routed[index]]));
  if (uploads !== undefined) {
    host.addStorage();
    if (!uploads.routed) host.loseUploads();
    there(host, "scani-storage").state = uploads.state;
  }
  // Only existing routes can be held.
  host.pause(...paused.filter((name) => (name === uploadsRouteName ? uploads?.routed : host.routes[name as Route])));
  const container = there(host, "scani-gateway");
  container.state = gateway;
  if (record !== undefined) container.files.set(journalPath, record);
  await host.backedUp();
  return host;
}

function there(host: FakeInstall, name: string): FakeContainer {
  const container = host.engine.find(name);
  if (container === undefined) throw new Error(`the fake has no ${name}`);
  return container;
}

/** Target of a route's requests, and whether they are let through and answered there. */
interface Answered {
  readonly target: string;
  readonly answers: boolean;
}

function lookAt(host: FakeInstall): Map<Route, Answered> {
  return new Map(
    routes.flatMap((route) => {
      const target = host.routes[route];
      if (target === undefined) return [];
      const runs = host.engine.find(target)?.state === "running" && !host.nameless.has(target);
      return [[route, { target, answers: runs && !host.paused.has(route) }]];
    }),
  );
}

/** Returns true when all of a page's requests but uploads are answered, by the fake's state. */
function serves(host: FakeInstall, release: string): boolean {
  const all = [...lookAt(host).values()];
  return (
    host.engine.find("scani-gateway")?.state === "running" &&
    all.length === routes.length &&
    all.every(({ target, answers }) => answers && target.startsWith(`scani-${release}-`))
  );
}

/** Returns true when uploads arrive, by the fake's state. */
const uploadsArrive = (host: FakeInstall): boolean =>
  host.uploads !== undefined &&
  host.engine.find("scani-storage")?.state === "running" &&
  !host.paused.has(uploadsRouteName);

/** Checks rule 5 for `status`: it names a release as serving exactly when that release serves. */
async function untrueStatus(host: FakeInstall): Promise<string[]> {
  const said = showStatus(await readStatus(host.engine, "scani")).split("\n")[0];
  const released = tiers.find((tier) => serves(host, releaseOf[tier]));
  const ailing = host.engine.find("scani-storage") !== undefined && !uploadsArrive(host);
  const true_ =
    released === undefined
      ? !/ serves /.test(said)
      : said.startsWith(`scani: ${released} serves (release ${releaseOf[released]})`) &&
        said.includes("uploads fail") === ailing &&
        said.includes("its worker is ") === (host.container(releaseOf[released], "worker").state !== "running") &&
        said.includes("its data-provider is ") ===
          (released === "tier1" && host.container(releaseOf.tier1, "data-provider").state !== "running") &&
        said.includes("takes jobs") ===
          tiers.some((other) => other !== released && host.container(releaseOf[other], "worker").state === "running");
  return true_ ? [] : [`rule 5: status says ${said}`];
}

/**
 * Checks rule 6: a tier is not taken down while a route leads to it, or may, or only its worker works; otherwise it is.
 */
function wrongRefusals(host: FakeInstall, facts: Facts): string[] {
  const isKnown = facts.gateway.silent === undefined || Object.keys(host.routes).length > 0;
  return tiers.flatMap((tier) => {
    const begins = `scani-${releaseOf[tier]}-`;
    // If the routes are unknown, they may lead to anything that answers a page.
    const routed = isKnown
      ? Object.values(host.routes).some((target) => target.startsWith(begins))
      : host.running().some((name) => [`${begins}api`, `${begins}frontend-app`].includes(name));
    let refused = false;
    try {
      refuseWhatServes(facts, tier, tier);
    } catch {
      refused = true;
    }
    const api = tiers.find((one) => host.routes.api?.startsWith(`scani-${releaseOf[one]}-`));
    const workers = tiers.filter((one) => host.container(releaseOf[one], "worker").state === "running");
    const works = api !== undefined && api !== tier && workers.length === 1 && workers[0] === tier;
    return refused === (routed || works)
      ? []
      : [
          `rule 6: ${tier} is ${routed ? "" : "not "}routed, ${works ? "works for the other tier, " : ""}and may ${refused ? "not " : ""}go`,
        ];
  });
}

const install = { name: "scani", gateway: "scani-gateway" };

/** Returns the serving release and the steps that `preview` reports. */
async function previewed(host: FakeInstall, { wanted, stack, backups }: Order) {
  const environment = Object.fromEntries(
    servicesOf(wanted.tier).map((service) => [
      service,
      Object.fromEntries(
        host.container(wanted.release, service).environment.map((entry) => entry.split(/=(.*)/s).slice(0, 2)),
      ) as Record<string, string>,
    ]),
  );
  const { name, gateway } = install;
  const plans = { ...backups.plan, directory: backups.folder };
  const base = { install: name, gateway, backups: plans, stack: "base", services: [] } as unknown as BaseOutputs;
  return previewSwitch(
    host.engine,
    base,
    { ...wanted, stack, carryFiles: "yes", minimumFreeDisk: 100, soak: 0, images: {}, environment },
    "/project",
  );
}

/**
 * Lists the broken rules of one case; empty when all hold. Undefined when there is no call at which the fault could
 * happen.
 */
async function broken(one: Case): Promise<string[] | undefined> {
  const host = await laidOut(one);
  const wrong = new Set<string>();
  const order = host.order(one.to, releaseOf[one.to]);
  const add = (all: readonly string[]) => all.forEach((each) => wrong.add(each));
  /** Reads the present facts. */
  const facts = () => readFacts(host.engine, install);

  const found = await facts();
  const preview = await previewed(host, order);
  if (preview.serving !== describeServing(servingOf(found)))
    wrong.add(`rule 5: the preview says ${preview.serving}, and ${JSON.stringify(servingOf(found))}`);
  add(await untrueStatus(host));
  add(wrongRefusals(host, found));

  let before = lookAt(host);
  const ran = found.containers.filter((own) => own.tier === one.to && own.state === "running");
  host.engine.watch = (call) => {
    const now = lookAt(host);
    for (const [route, { target, answers }] of before)
      if (answers && now.get(route)?.answers !== true)
        wrong.add(`rule 1: at ${call} the route ${route} lost ${target}`);
    before = now;
  };
  const interrupt = new AbortController();
  const report: string[] = [];
  const go = (signal: AbortSignal) => perform(host.engine, order, (line) => report.push(line), signal, 50);
  host.engine.plan({ ...one.fault, signal: one.fault.kind === "hang" ? interrupt.signal : undefined });
  host.engine.onHung = () => interrupt.abort();
  let entry: Entry | undefined;
  const failure: unknown = await go(interrupt.signal).then(
    (made) => {
      entry = made;
    },
    (error: unknown) => error,
  );
  const { faulted } = host.engine;
  host.engine.plan();
  host.engine.watch = () => undefined;

  const then = await facts();
  const serving = servingOf(then);
  if (failure === undefined) {
    if (!serves(host, releaseOf[one.to])) wrong.add(`rule 5: it said ${report.at(-1)}, and ${JSON.stringify(serving)}`);
    for (const { tier, title } of then.containers.filter((other) => other.service === "worker" && isUp(other)))
      if (tier !== one.to) wrong.add(`rule 2: after the switch ${title} is up`);
    // A preview cannot know whether a running gateway will miss one answer and so has to be waited for.
    const untold = one.gateway === "running" ? ["drain", "start-gateway"] : ["drain"];
    const done = Object.keys(entry?.timings ?? {}).filter((id) => !untold.includes(id));
    const said = preview.steps.map(({ id }) => id).filter((id) => id !== "soak");
    if (done.toSorted().join() !== said.toSorted().join())
      wrong.add(`rule 5: the preview said ${said.join()}, and what was done is ${done.join()}`);
  } else if (!(failure instanceof Died)) {
    if (report.some((line) => / serves; /.test(line))) wrong.add("rule 5: it said that it serves, and failed");
    const text = explainFailure(failure, then, one.to);
    const named = /(tier[12]) \(r[12]\) (?:goes on serving|serves again)/.exec(text)?.[1] as Tier | undefined;
    if (
      named === undefined
        ? !text.includes(`Serving now: ${describeServing(serving)}.`)
        : !serves(host, releaseOf[named])
    )
      wrong.add(`rule 5: it failed with ${text}, and ${JSON.stringify(serving)}`);
  }
  // A restart stops a container for a moment, in which the run may be killed.
  if (!preview.steps.some(({ id }) => id === "flip" || id === "restart"))
    for (const { id, title } of ran)
      if (there(host, id).state !== "running") wrong.add(`rule 3: a repair left ${title} ${there(host, id).state}`);
  add(await untrueStatus(host));
  add(wrongRefusals(host, then));

  await go(new AbortController().signal).catch((error: { why?: Error } & Error) =>
    wrong.add(`rule 4: the same command again fails: ${(error.why ?? error).message}`),
  );
  const after = await facts();
  if (!serves(host, releaseOf[one.to])) wrong.add(`rule 4: in the end ${JSON.stringify(servingOf(after))}`);
  if (one.uploads?.state === "running" && !uploadsArrive(host)) wrong.add("rule 4: in the end uploads do not arrive");
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
  add(await untrueStatus(host));
  add(wrongRefusals(host, after));
  return faulted === undefined && one.fault.at > 1 ? undefined : [...wrong];
}

interface Found {
  readonly one: Case;
  readonly wrong: readonly string[];
}

/** Plays cases. @returns those that broke a rule, and how many had a fault at a call */
async function play(all: readonly Case[]): Promise<{ readonly played: number; readonly found: Found[] }> {
  const found: Found[] = [];
  let played = 0;
  for (let at = 0; at < all.length; at += atATime) {
    const results = await Promise.all(
      all.slice(at, at + atATime).map(async (one) => ({ one, wrong: await broken(one) })),
    );
    played += results.filter(({ wrong }) => wrong !== undefined).length;
    found.push(...results.flatMap(({ one, wrong = [] }) => (wrong.length > 0 ? [{ one, wrong }] : [])));
  }
  return { played, found };
}

test(`${hostsOnce} hosts, each with a fault at some call: the rules hold`, async () => {
  const { played, found } = await play(fc.sample(cases, { numRuns: hostsOnce, seed }));
  expect({ seed, found: found.slice(0, 3) }).toEqual({ seed, found: [] });
  expect(played).toBeGreaterThan(hostsOnce / 4);
}, 1_200_000);

test(`${hostsAtEveryCall} hosts, with every fault at every call: the rules hold`, async () => {
  for (const one of fc.sample(cases, { numRuns: hostsAtEveryCall, seed: seed + 1 })) {
    const calls = await callsOf(one);
    const everywhere = Array.from({ length: calls }, (_, index) =>
      faultKinds.map((kind) => ({ ...one, fault: { kind, at: index + 1 } })),
    ).flat();
    const { found } = await play(everywhere);
    expect({ seed, found: found.slice(0, 3) }).toEqual({ seed, found: [] });
  }
}, 3_600_000);

/** Counts the calls of a run without a fault. */
async function callsOf(one: Case): Promise<number> {
  const host = await laidOut(one);
  host.engine.plan();
  await perform(host.engine, host.order(one.to, releaseOf[one.to]), () => undefined, new AbortController().signal, 50);
  return host.engine.count;
}
