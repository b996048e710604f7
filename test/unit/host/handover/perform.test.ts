import { setTimeout as pause } from "node:timers/promises";
import { explainFailure, type HandoverFailed } from "../../../../host/handover/failed";
import { perform } from "../../../../host/handover/perform";
import { plan } from "../../../../host/handover/plan";
import { describeServing, routedRelease, servingOf, servingSince } from "../../../../host/install/facts";
import { label } from "../../../../host/install/names/labels";
import { readFacts } from "../../../../host/install/readFacts";
import { routes } from "../../../../host/gateway/routes";
import type { Tier } from "../../../../settings";
import type { ContainerState } from "../../../../host/engine/engine";
import { atEveryCall } from "../everyCall";
import type { FaultKind } from "../fakeEngine";
import { FakeInstall, journalPath } from "../fakeInstall";
import { oncePerState } from "../oncePerState";

const ways: readonly [from: Tier, to: Tier][] = [
  ["tier1", "tier2"],
  ["tier2", "tier1"],
];
const releaseOf: Readonly<Record<Tier, string>> = { tier1: "r1", tier2: "r2" };

/** Creates an install on which one tier serves and the other is declared. */
async function served(from: Tier): Promise<FakeInstall> {
  const host = new FakeInstall();
  host.declare("tier1", "r1");
  host.declare("tier2", "r2");
  host.serve(releaseOf[from]);
  await host.backedUp();
  return host;
}

/** Milliseconds a pending call may continue after an interrupt. */
const grace = 200;

const go = (host: FakeInstall, to: Tier, lines: string[] = []) =>
  perform(host.engine, host.order(to, releaseOf[to]), (line) => lines.push(line), new AbortController().signal, grace);

test.concurrent.each(ways)("from %s to %s: every route, one worker, and nothing left over", async (from, to) => {
  const host = await served(from);
  const said: string[] = [];
  expect(
    await go(host, to, said).catch((error: { why?: unknown }) => {
      throw error.why ?? error;
    }),
  ).toMatchObject({ outcome: "switched", from: { tier: from }, to: { tier: to } });
  expect(new Set(routes.map((route) => host.routes[route]?.split("-")[1]))).toEqual(new Set([releaseOf[to]]));
  expect(host.running().every((name) => name.startsWith(`scani-${releaseOf[to]}-`))).toBe(true);
  expect(host.engine.all).toHaveLength(2 + 5 + 4);
  expect(said.at(-1)).toMatch(new RegExp(`^${to} serves; `));
  expect(await go(host, to)).toBeUndefined();
});

/** Lists the routes that lead to no running container. */
function unserved(host: FakeInstall): string[] {
  return routes
    .filter((route) => host.engine.find(host.routes[route] ?? "")?.state !== "running")
    .map((route) => `${route} leads to ${host.routes[route] ?? "nothing"}, which does not run`);
}

/**
 * Lists broken rules after a run: all routes must lead to one release, which runs, and only its worker may take jobs.
 */
function wrongOf(host: FakeInstall): string[] {
  const releases = [...new Set(routes.map((route) => host.routes[route]?.split("-")[1]))];
  const workers = host.running().filter((name) => name.endsWith("-worker"));
  return [
    ...unserved(host),
    ...(releases.length === 1 ? [] : [`the routes lead to ${releases.join(" and ")}`]),
    ...(workers.join() === `scani-${releases[0]}-worker`
      ? []
      : [`${releases[0]} serves, and of the workers there run: ${workers.join(", ") || "none"}`]),
  ];
}

/** Runs the same again after a run with a fault. @returns the broken rules */
const goAgain = Object.fromEntries(
  ways.map(([, to]) => [
    to,
    oncePerState(async (host) => {
      const wrong = new Set<string>();
      host.engine.watch = () => unserved(host).forEach((one) => wrong.add(`on the way of the next run: ${one}`));
      await go(host, to).catch((error: { why?: Error } & Error) =>
        wrong.add(`the next run fails: ${(error.why ?? error).message}`),
      );
      for (const one of wrongOf(host)) wrong.add(`after the next run: ${one}`);
      const { install, wanted } = host.order(to, releaseOf[to]);
      if (plan(await readFacts(host.engine, install), wanted).length > 0)
        wrong.add("after the next run: it is not done");
      for (const name of host.running())
        if (!name.startsWith(`scani-${releaseOf[to]}-`)) wrong.add(`after the next run: ${name} runs`);
      return [...wrong];
    }),
  ]),
) as Record<Tier, (host: FakeInstall) => Promise<string[]>>;

/** Outcome of a run with a fault at the n-th call. */
interface Outcome {
  readonly call: string;
  /** Broken rules during the run, after it, and after the same run again. */
  readonly wrong: readonly string[];
}

/** Kind of a run's fault. `interrupted`: the call hangs, and ends when the operator interrupts the run. */
type Trouble = Exclude<FaultKind, "hang"> | "interrupted";

/** Runs a handover with a fault at the n-th call, and the same again. Undefined when there is no such call. */
async function faulted(from: Tier, to: Tier, trouble: Trouble, at: number): Promise<Outcome | undefined> {
  const host = await served(from);
  const interrupted = new AbortController();
  const wrong = new Set<string>();
  host.engine.watch = () => unserved(host).forEach((one) => wrong.add(`on the way: ${one}`));
  host.engine.plan(
    trouble === "interrupted" ? { kind: "hang", at, signal: interrupted.signal } : { kind: trouble, at },
  );
  host.engine.onHung = () => interrupted.abort();
  const order = host.order(to, releaseOf[to]);
  await perform(host.engine, order, () => undefined, interrupted.signal, grace).catch(() => undefined);
  const call = host.engine.faulted;
  host.engine.plan();
  if (call === undefined) return undefined;
  // The next run repairs what a killed process left, but the serving release must serve.
  for (const one of trouble === "die" ? unserved(host) : wrongOf(host)) wrong.add(`afterwards: ${one}`);
  for (const one of await goAgain[to](host)) wrong.add(one);
  return { call, wrong: [...wrong] };
}

const everyWay = ways.flatMap(([from, to]) =>
  (["throw", "lose", "die", "interrupted"] as const).map((trouble) => [from, to, trouble] as const),
);

test.concurrent.each(everyWay)("from %s to %s, %s at every call", async (from, to, trouble) => {
  const outcomes = await atEveryCall((at) => faulted(from, to, trouble, at));
  expect(outcomes.length).toBeGreaterThan(28);
  expect(outcomes.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
});

/** Milliseconds after which a run counts as stuck: fifty concurrent runs take seconds on a busy machine. */
const endsWithin = 15_000;

/** Finds the calls that keep an interrupted run from ending while the engine does not answer them. */
async function holdingUp(from: Tier, to: Tier): Promise<string[]> {
  const counting = await served(from);
  await go(counting, to);
  const held = await Promise.all(
    Array.from({ length: counting.engine.count }, async (_, index) => {
      const host = await served(from);
      const interrupted = new AbortController();
      host.engine.plan({ kind: "hang", at: index + 1 });
      host.engine.onHung = () => interrupted.abort();
      const over = perform(host.engine, host.order(to, releaseOf[to]), () => undefined, interrupted.signal, grace).then(
        () => true,
        () => true,
      );
      const ended = await Promise.race([over, pause(endsWithin, false, { ref: false })]);
      return ended ? [] : [host.engine.faulted as string];
    }),
  );
  return held.flat();
}

test.concurrent.each(ways)("from %s to %s, interrupted while the engine does not answer, it ends", async (from, to) => {
  expect(await holdingUp(from, to)).toEqual([]);
});

/** Runs a handover that is rolled back because its new worker fails, with a fault at the n-th call as well. */
async function notTakenBack(from: Tier, to: Tier, kind: FaultKind, at: number): Promise<Outcome | undefined> {
  const host = await served(from);
  const worker = host.container(releaseOf[to], "worker");
  worker.endsWith = 1;
  const wrong = new Set<string>();
  host.engine.watch = () => unserved(host).forEach((one) => wrong.add(`on the way: ${one}`));
  host.engine.plan({ kind, at });
  const thrown: unknown = await perform(
    host.engine,
    host.order(to, releaseOf[to]),
    () => undefined,
    new AbortController().signal,
  ).catch((error: unknown) => error);
  const call = host.engine.faulted;
  host.engine.plan();
  if (call === undefined) return undefined;
  expect(thrown).toBeInstanceOf(Error);
  for (const one of unserved(host)) wrong.add(`afterwards: ${one}`);
  worker.endsWith = undefined;
  for (const one of await goAgain[to](host)) wrong.add(one);
  return { call, wrong: [...wrong] };
}

test.concurrent.each(
  ways.flatMap(([from, to]) => (["throw", "lose", "die"] as const).map((kind) => [from, to, kind] as const)),
)("from %s to %s, taken back, %s at every call", async (from, to, kind) => {
  const outcomes = await atEveryCall((at) => notTakenBack(from, to, kind, at));
  expect(outcomes.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
});

/**
 * Runs a handover whose new worker fails while the old release does not answer the gateway, for some milliseconds or
 * permanently.
 */
async function oldReleaseSilent(
  from: Tier,
  to: Tier,
  milliseconds?: number,
): Promise<{ host: FakeInstall; thrown: HandoverFailed; said: string[] }> {
  const host = await served(from);
  const worker = host.container(releaseOf[to], "worker");
  const said: string[] = [];
  const wrong = new Set<string>();
  worker.endsWith = 1;
  host.engine.watch = () => {
    if (worker.state === "exited" && !host.refused.has(releaseOf[from]) && !said.includes("silent")) {
      said.push("silent");
      host.refused.add(releaseOf[from]);
      if (milliseconds !== undefined) setTimeout(() => host.refused.clear(), milliseconds);
    }
    unserved(host).forEach((one) => wrong.add(one));
  };
  const thrown = (await go(host, to, said).catch((error: unknown) => error)) as HandoverFailed;
  expect(said).toContain("silent");
  expect([...wrong]).toEqual([]);
  worker.endsWith = undefined;
  host.engine.watch = () => undefined;
  return { host, thrown, said };
}

test.concurrent.each(ways)(
  "from %s to %s, what serves is left alone while the gateway cannot be pointed back, and the next run goes on from there",
  async (from, to) => {
    const { host, thrown } = await oldReleaseSilent(from, to);
    expect(thrown).toMatchObject({ name: "HandoverFailed", aftermath: "not pointed back" });
    const facts = await readFacts(host.engine, host.order(to, releaseOf[to]).install);
    expect(explainFailure(thrown, facts, to)).toContain(
      `The gateway was not pointed back, so nothing was stopped. Serving now: ${to} (${releaseOf[to]}), but its worker is exited.`,
    );
    expect(unserved(host)).toEqual([]);
    await go(host, to);
    expect(wrongOf(host)).toEqual([]);
    const { journal } = await readFacts(host.engine, host.order(to, releaseOf[to]).install);
    expect(journal.map(({ outcome }) => outcome)).toEqual(["failed", "repaired"]);
    expect(servingSince({ journal }, { tier: to, release: releaseOf[to] })).toBe(journal[0]?.flipped?.at);
  },
);

test.concurrent.each(["preflight", "files", "reader"])(
  "containers for a moment (%s) that killed commands have left, in any state, are removed by the next handover",
  async (service) => {
    const host = await served("tier1");
    for (const state of ["created", "running", "paused", "exited", "dead"] as const)
      host.engine.add({ name: state, labels: { [label.install]: "scani", [label.service]: service }, state });
    host.engine.add({ name: "other's", labels: { [label.install]: "other", [label.service]: service } });
    await go(host, "tier2");
    const left = host.engine.all.filter(({ labels }) => labels[label.service] === service);
    expect(left.map(({ name }) => name)).toEqual(["other's"]);
  },
);

test.concurrent.each(ways)("from %s to %s, a way back that fails for a moment is tried again", async (from, to) => {
  const { host, thrown, said } = await oldReleaseSilent(from, to, 500);
  expect(thrown).toMatchObject({ name: "HandoverFailed", aftermath: "pointed back" });
  expect(said.join("\n")).toMatch(/gateway: trying for up to 2 s to point it back: /);
  expect(routedRelease(await readFacts(host.engine, host.order(to, releaseOf[to]).install))).toEqual({
    tier: from,
    release: releaseOf[from],
  });
  expect((await lastRecord(host))?.flipped?.to).toEqual({ tier: from, release: releaseOf[from] });
  expect(wrongOf(host)).toEqual([]);
});

/** States of a container that Pulumi does not recreate. */
const foundStates: readonly ContainerState[] = ["created", "running", "paused", "restarting", "exited"];

const otherHands = ways.flatMap(([from, to]) =>
  (["api", "frontend-app", "worker"] as const).flatMap((service) =>
    foundStates.map((state) => [from, to, service, state] as const),
  ),
);

test.concurrent.each(otherHands)(
  "from %s to %s, where the old %s is %s: one tier, its worker, nothing left over",
  async (from, to, service, state) => {
    const host = await served(from);
    host.container(releaseOf[from], service).state = state;
    await go(host, to);
    expect(wrongOf(host)).toEqual([]);
    expect(host.running().filter((name) => !name.startsWith(`scani-${releaseOf[to]}-`))).toEqual([]);
  },
);

test.concurrent.each(otherHands)(
  "from %s to %s, where the old %s is %s and the new worker fails: the routes lead to a release that runs",
  async (from, to, service, state) => {
    const host = await served(from);
    host.container(releaseOf[from], service).state = state;
    const worker = host.container(releaseOf[to], "worker");
    worker.endsWith = 1;
    const wrong = new Set<string>();
    await expect(go(host, to)).rejects.toThrow("the handover failed");
    for (const one of unserved(host)) wrong.add(one);
    expect([...wrong]).toEqual([]);
    expect(new Set(routes.map((route) => host.routes[route]?.split("-")[1]))).toEqual(new Set([releaseOf[from]]));
    worker.endsWith = undefined;
    await go(host, to);
    expect(wrongOf(host)).toEqual([]);
  },
);

test.concurrent(
  "a first release whose worker fails goes on leading the routes, and the next run goes on from there",
  async () => {
    const host = new FakeInstall();
    host.declare("tier1", "r1");
    await host.backedUp();
    const worker = host.container("r1", "worker");
    worker.endsWith = 1;
    const thrown = (await go(host, "tier1").catch((error: unknown) => error)) as HandoverFailed;
    expect(thrown.aftermath).toBe("not pointed back");
    expect(unserved(host)).toEqual([]);
    worker.endsWith = undefined;
    const lines: string[] = [];
    await go(host, "tier1", lines);
    expect(lines.join("\n")).toMatch(/Repairing tier1[^]*✓ verify[^]*tier1 serves/);
    expect(wrongOf(host)).toEqual([]);
  },
);

test.concurrent.each(["api", "frontend-app", "worker"] as const)(
  "a repair whose %s does not start takes nothing back",
  async (service) => {
    const host = await served("tier1");
    const container = host.container("r1", service);
    container.state = "exited";
    container.endsWith = 1;
    const before = host.running();
    const thrown = (await go(host, "tier1").catch((error: unknown) => error)) as HandoverFailed;
    expect(thrown.aftermath).toBe("left");
    expect(host.running()).toEqual(before);
    container.endsWith = undefined;
    await go(host, "tier1");
    expect(wrongOf(host)).toEqual([]);
  },
);

test.concurrent.each<ContainerState>(["paused", "running"])(
  "a repair whose data-provider does not answer has its own worker take the jobs, and the other tier's, which is %s, none",
  async (state) => {
    const host = await served("tier2");
    for (const service of ["api", "frontend-app", "worker"] as const) host.container("r2", service).state = "exited";
    host.container("r1", "worker").state = state;
    host.first = (_container, command) =>
      command.join(" ").includes("trpc/ai.status") ? { output: "000 0 0\nexit 7\n" } : undefined;
    const thrown = (await go(host, "tier2").catch((error: unknown) => error)) as HandoverFailed;
    expect(thrown.aftermath).toBe("left");
    expect(wrongOf(host)).toEqual([]);
    host.first = () => undefined;
    expect(await go(host, "tier2")).toMatchObject({ outcome: "repaired" });
    expect(await go(host, "tier2")).toBeUndefined();
  },
);

test.concurrent.each<ContainerState>(["exited", "paused", "created"])(
  "a gateway that is %s is started first",
  async (state) => {
    const host = await served("tier1");
    (host.engine.find("scani-gateway") as { state: ContainerState }).state = state;
    const lines: string[] = [];
    await go(host, "tier2", lines);
    expect(lines.join("\n")).toMatch(/start the gateway[^]*flip the gateway/);
    expect(wrongOf(host)).toEqual([]);
  },
);

test.concurrent("a gateway that runs and does not answer for a moment is waited for", async () => {
  const host = await served("tier1");
  let silences = 2;
  host.first = (_container, command) => {
    if (!command.join(" ").includes("kamal-proxy list ||") || silences === 0) return undefined;
    silences -= 1;
    return { exitCode: 1, output: "no socket" };
  };
  expect(await go(host, "tier1")).toMatchObject({ outcome: "repaired" });
  expect(silences).toBe(0);
});

test.concurrent.each([
  ["refuses", { exitCode: 1, output: "no socket" }, "no socket"],
  ["hangs", { exitCode: 124 }, "no answer within 10 s"],
])("a gateway that runs and %s for good is no success, and what to type is said", async (_how, answer, why) => {
  const host = await served("tier1");
  const before = host.running();
  host.first = (_container, command) => (command.join(" ").includes("kamal-proxy list ||") ? answer : undefined);
  const thrown = (await go(host, "tier1").catch((error: unknown) => error)) as HandoverFailed;
  expect(thrown).toMatchObject({
    aftermath: "left",
    why: {
      message: [
        "The gateway was waited for 2 s (readyTimeout), and nothing can be said or done about what serves: " +
          `the gateway does not say where its routes lead: ${why}.`,
        "  type: docker restart scani-gateway",
        "  type: npm run up -- tier1",
      ].join("\n"),
    },
  });
  expect(host.running()).toEqual(before);
});

test.concurrent(
  "a gateway that is started is locked before anything else is done, and who has it is left alone",
  async () => {
    const started = async (lockAgain: () => Promise<void>) => {
      const host = await served("tier1");
      (host.engine.find("scani-gateway") as { state: ContainerState }).state = "exited";
      const signal = new AbortController().signal;
      const order = host.order("tier2", "r2");
      const outcome = await perform(host.engine, order, () => undefined, signal, grace, lockAgain).catch(
        (error: { why?: Error }) => error.why?.message,
      );
      return { host, outcome };
    };
    let locks = 0;
    const { outcome } = await started(async () => void locks++);
    expect(outcome).toMatchObject({ outcome: "switched" });
    expect(locks).toBe(1);

    const other = await started(async () => {
      throw new Error("another run has it");
    });
    expect(other.outcome).toBe("another run has it");
    expect(other.host.running().every((name) => name.startsWith("scani-r1-"))).toBe(true);
    expect(other.host.engine.calls.some((call) => call.includes("kamal-proxy deploy"))).toBe(false);
  },
);

/** Runs a repair of a serving release whose api is silent. @returns the install, and how often the api was restarted */
async function silentApi(prepare: (host: FakeInstall) => void): Promise<{ host: FakeInstall; restarts: number }> {
  const host = await served("tier1");
  host.lost.api = "503";
  prepare(host);
  await go(host, "tier1");
  return { host, restarts: host.engine.calls.filter((call) => call === "restart scani-r1-api").length };
}

test.concurrent("an api that is not ready for a moment is waited for, and not restarted", async () => {
  const { host, restarts } = await silentApi((host) => {
    host.unready.set("scani-r1-api", 3);
    host.engine.watch = () => {
      if (host.unready.get("scani-r1-api") === 0) delete host.lost.api;
    };
  });
  expect(restarts).toBe(0);
  expect(wrongOf(host)).toEqual([]);
});

test.concurrent("an api that is not ready for too long is left running, and named", async () => {
  const host = await served("tier1");
  host.lost.api = "503";
  host.unready.set("scani-r1-api", Infinity);
  const thrown = (await go(host, "tier1").catch((error: unknown) => error)) as HandoverFailed;
  expect(thrown.aftermath).toBe("left");
  expect(explainFailure(thrown, undefined, "tier1")).toMatch(
    /^tier1 api was not ready within 2 s: HTTP 503 \(container scani-r1-api\)\n.*\n {2}type: docker restart scani-r1-api\n {2}type: npm run up -- tier1\n/,
  );
  expect(host.engine.calls.filter((call) => /^(stop|restart) /.test(call))).toEqual([]);
});

test.concurrent.each([
  ["a release whose page is dead", "dead", /scani-r1-frontend-app was dead before, so there is nothing to go back to/],
  ["no release", undefined, /no release served before, so there is nothing to go back to/],
] as const)("from %s there is no way back, and none is tried for long", async (_from, page, said) => {
  const host = await served("tier1");
  if (page === undefined) for (const route of routes) host.route(route, undefined);
  else host.container("r1", "frontend-app").state = page;
  host.container("r2", "worker").endsWith = 1;
  const [order, lines] = [host.order("tier2", "r2", { readyTimeout: 30 }), [] as string[]];
  const began = Date.now();
  const run = perform(host.engine, order, (line) => lines.push(line), new AbortController().signal, grace);
  await expect(run).rejects.toMatchObject({ aftermath: "not pointed back" });
  expect(Date.now() - began).toBeLessThan(15_000);
  expect(lines.join("\n")).toMatch(said);
  expect(lines.join("\n")).not.toContain("trying for up to");
  expect(unserved(host)).toEqual([]);
});

test.concurrent("an api that stops while it is waited for is started again", async () => {
  const { host } = await silentApi((host) => {
    host.unready.set("scani-r1-api", 1);
    host.engine.watch = (call) => {
      if (call.startsWith("exec scani-r1-api until") && host.lost.api !== undefined)
        host.engine.ends(host.container("r1", "api"), 137);
      if (call === "restart scani-r1-api") delete host.lost.api;
    };
  });
  expect(wrongOf(host)).toEqual([]);
});

test.concurrent("an api that is ready and that the gateway does not reach is restarted", async () => {
  const { host, restarts } = await silentApi((host) => {
    host.engine.watch = (call) => {
      if (call === "restart scani-r1-api") delete host.lost.api;
    };
  });
  expect(restarts).toBe(1);
  expect(wrongOf(host)).toEqual([]);
});

test.concurrent("what is held or refused at the gateway is let through", async () => {
  const host = await served("tier1");
  host.addStorage();
  host.pause("ws", "storage");
  await go(host, "tier1");
  expect([...host.paused]).toEqual([]);
});

test.concurrent("a gateway that stopped with requests held lets them through from its start on", async () => {
  const host = await served("tier1");
  host.addStorage();
  host.pause("api", "storage");
  (host.engine.find("scani-gateway") as { state: ContainerState }).state = "exited";
  const facts = await readFacts(host.engine, host.order("tier1", "r1").install);
  expect(facts.paused).toEqual(["api", "storage"]);
  expect(
    plan(facts, host.order("tier1", "r1").wanted).map((step) =>
      step.describe({ created: [], wanted: { tier: "tier1", release: "one" }, soak: 5 }),
    ),
  ).toEqual([
    "start the gateway, which is exited",
    "let the requests of api, storage through, which are held or refused at the gateway",
  ]);
  expect(await go(host, "tier1")).toMatchObject({ outcome: "repaired" });
  expect([...host.paused]).toEqual([]);
});

describe("uploads", () => {
  const install = { name: "scani", gateway: "scani-gateway" };
  const uploadsOf = async (host: FakeInstall) => servingOf(await readFacts(host.engine, install));

  test.concurrent.each(["tier1", "tier2"] as const)(
    "that the gateway has lost are led to S3 again by up %s",
    async (to) => {
      const host = await served("tier1");
      host.addStorage();
      const route = host.uploads;
      host.loseUploads();
      expect(describeServing(await uploadsOf(host))).toBe(
        "tier1 (r1), but uploads fail: the gateway does not send them to scani-storage",
      );
      const lines: string[] = [];
      await go(host, to, lines);
      expect(lines.join("\n")).toContain("✓ route the uploads");
      expect(host.uploads).toEqual(route);
      expect(await uploadsOf(host)).toEqual({
        is: "serving",
        release: { tier: to, release: releaseOf[to] },
        shortcomings: [],
      });
      expect(await go(host, to)).toBeUndefined();
    },
  );

  test.concurrent("after the gateway has lost all it routes, one up leads everything again", async () => {
    const host = await served("tier1");
    host.addStorage();
    for (const route of routes) host.route(route, undefined);
    host.loseUploads();
    await go(host, "tier1");
    expect(wrongOf(host)).toEqual([]);
    expect(await uploadsOf(host)).toEqual({
      is: "serving",
      release: { tier: "tier1", release: "r1" },
      shortcomings: [],
    });
  });

  test.concurrent("that fail because S3 does not run are said to, with what to type", async () => {
    const host = await served("tier1");
    host.addStorage();
    (host.engine.find("scani-storage") as { state: ContainerState }).state = "exited";
    const lines: string[] = [];
    await go(host, "tier2", lines);
    expect(lines.join("\n")).toContain("uploads fail: scani-storage is exited. type: npm run up -- base");
  });

  test.concurrent("whose answers do not arrive through the gateway are said to fail", async () => {
    const host = await served("tier1");
    host.addStorage();
    host.lost.storage = "502";
    expect(await uploadsOf(host)).toMatchObject({
      is: "serving",
      shortcomings: [{ what: "uploads fail: scani-storage through the gateway: HTTP 502", of: "base" }],
    });
  });
});

test.concurrent(
  "somebody else's service at a path of Scani's: nothing is begun, and what removes it is named",
  async () => {
    const host = await served("tier1");
    host.route("app", undefined);
    host.others.push({ name: "mine", host: "*", path: "/", target: "x:80", state: "running" });
    const before = JSON.stringify([host.routes, host.running()]);
    await expect(go(host, "tier2")).rejects.toThrow(
      /^At the gateway mine, which is not Scani's, has \/: [^]*\n {2}type: docker exec scani-gateway kamal-proxy remove mine$/,
    );
    expect(JSON.stringify([host.routes, host.running()])).toBe(before);
    expect(
      describeServing(servingOf(await readFacts(host.engine, { name: "scani", gateway: "scani-gateway" }))),
    ).toMatch(/^no whole release: .*, mine, which is not Scani's, has \/$/);
  },
);

/** Faults of a page, by the state in which it is found. */
const pageTroubles: readonly (readonly [how: string, befall: (host: FakeInstall, to: Tier) => void])[] = [
  ...(["paused", "exited", "restarting"] as const).map(
    (state) =>
      [
        state,
        (host: FakeInstall, to: Tier) => {
          host.container(releaseOf[to], "frontend-app").state = state;
        },
      ] as const,
  ),
  [
    "out of the gateway's reach",
    (host) => {
      host.lost.app = "502";
    },
  ],
];

/** Runs a handover in which the new page fails when its worker starts. */
async function pageLost(host: FakeInstall, to: Tier, soak: number, befall: (host: FakeInstall, to: Tier) => void) {
  host.engine.watch = (call) => {
    if (call === `start scani-${releaseOf[to]}-worker`) befall(host, to);
  };
  const order = host.order(to, releaseOf[to], { soak });
  const run = perform(host.engine, order, () => undefined, new AbortController().signal, grace);
  return run.catch((error: unknown) => error as HandoverFailed);
}

const watchedOrNot = pageTroubles.flatMap(([how, befall]) =>
  ways.flatMap(([from, to]) => [1, 0].map((soak) => [how, from, to, soak, befall] as const)),
);

test.concurrent.each(watchedOrNot)(
  "a new page that is %s after the flip from %s to %s (soak %i): the old release, still whole, serves again",
  async (_how, from, to, soak, befall) => {
    const host = await served(from);
    const since = host.container(releaseOf[from], "frontend-app").startedAt;
    expect(await pageLost(host, to, soak, befall)).toMatchObject({ aftermath: "pointed back" });
    expect(wrongOf(host)).toEqual([]);
    expect(host.running().every((name) => name.startsWith(`scani-${releaseOf[from]}-`))).toBe(true);
    expect(host.container(releaseOf[from], "frontend-app").startedAt).toBe(since);
  },
);

test.concurrent.each(pageTroubles)(
  "a page that is %s while a repaired release is watched: nothing is taken back",
  async (_how, befall) => {
    const host = await served("tier1");
    host.container("r1", "worker").state = "exited";
    const targets = { ...host.routes };
    expect(await pageLost(host, "tier1", 1, befall)).toMatchObject({ aftermath: "left" });
    expect(host.routes).toEqual(targets);
    expect(host.container("r1", "worker").state).toBe("running");
    expect(host.engine.calls.filter((call) => call.startsWith("stop "))).toEqual([]);
  },
);

test.concurrent("one bad answer before the old release is stopped is chance", async () => {
  const host = await served("tier1");
  let asked = 0;
  host.first = (_container, command) => {
    const asks = command.join(" ").includes("kamal-proxy list ||");
    if (!asks || host.container("r2", "worker").state !== "running") return undefined;
    if (asked === 0) host.lost.app = "502";
    else delete host.lost.app;
    asked += 1;
    return undefined;
  };
  expect(await go(host, "tier2")).toMatchObject({ outcome: "switched" });
  expect(asked).toBeGreaterThan(1);
  expect(wrongOf(host)).toEqual([]);
});

/**
 * Runs a switch to tier 2 whose gateway does not list its routes once the new worker has started, a number of times or
 * permanently.
 */
async function silentAfterFlip(soak: number, times: number, readyTimeout: number) {
  const host = await served("tier1");
  let left = times;
  host.first = (_container, command) => {
    if (!command.join(" ").includes("kamal-proxy list ||") || left === 0) return undefined;
    if (host.container("r2", "worker").state !== "running") return undefined;
    left -= 1;
    return { exitCode: 124 };
  };
  const lines: string[] = [];
  const order = host.order("tier2", "r2", { soak, readyTimeout });
  const signal = new AbortController().signal;
  const ended = await perform(host.engine, order, (line) => lines.push(line), signal, grace).catch(
    (error: unknown) => error as HandoverFailed,
  );
  return { host, ended, lines: lines.join("\n"), left };
}

test.concurrent.each([1, 0])(
  "a gateway that is silent after the flip is waited for, and says nothing against the new release (soak %i)",
  async (soak) => {
    const { host, ended, lines, left } = await silentAfterFlip(soak, 3, 30);
    expect(ended).toMatchObject({ outcome: "switched" });
    expect(left).toBe(0);
    expect(lines).toContain("… gateway: the gateway does not say where its routes lead: no answer within 10 s");
    expect(wrongOf(host)).toEqual([]);
  },
);

test.concurrent.each([1, 0])(
  "a gateway that is silent after the flip for good: nothing is taken back, and the next run goes on from there (soak %i)",
  async (soak) => {
    const { host, ended } = await silentAfterFlip(soak, Infinity, 2);
    const why = "the gateway does not say where its routes lead: no answer within 10 s";
    const now = await readFacts(host.engine, { name: "scani", gateway: "scani-gateway" });
    expect(explainFailure(ended, now, "tier2")).toBe(
      [
        `The gateway was waited for 2 s (readyTimeout), and nothing can be said or done about what serves: ${why}.`,
        "  type: docker restart scani-gateway",
        "  type: npm run up -- tier2",
        "",
        `Nothing was taken back. Serving now: nothing answers: ${why}; its routes lead to tier2 (r2).`,
        "  The next up goes on from there. type: npm run up -- tier2",
      ].join("\n"),
    );
    expect(wrongOf(host)).toEqual([]);
    expect(host.running()).toContain("scani-r1-api");
    host.first = () => undefined;
    await go(host, "tier2");
    expect(wrongOf(host)).toEqual([]);
    expect(host.running().every((name) => name.startsWith("scani-r2-"))).toBe(true);
  },
);

test.concurrent(
  "lost names, which say nothing of what serves, are not asked for while a release is watched",
  async () => {
    const host = await served("tier1");
    const order = host.order("tier2", "r2", { soak: 2 });
    const asked: string[] = [];
    host.first = (container, command) => {
      if (host.container("r2", "worker").state === "running" && host.container("r1", "api").state === "running")
        if (command.join(" ").includes("getent hosts")) asked.push(container.name);
      return undefined;
    };
    await perform(host.engine, order, () => undefined, new AbortController().signal, grace);
    // The check before the old release is stopped asks these.
    expect(asked.toSorted()).toEqual(["scani-gateway", "scani-r1-data-provider"]);
  },
);

/** Reads the last record of the journal. */
const lastRecord = async (host: FakeInstall) =>
  (await readFacts(host.engine, { name: "scani", gateway: "scani-gateway" })).journal.at(-1);

test.concurrent(
  "a release that stops serving as the last step ends is no success, on record and in words",
  async () => {
    const host = await served("tier1");
    host.engine.watch = (call) => {
      if (call === "stop scani-r1-frontend-app") host.container("r2", "api").state = "exited";
    };
    const thrown = (await go(host, "tier2").catch((error: unknown) => error)) as HandoverFailed;
    host.engine.watch = () => undefined;
    const found = "tier2 (r2), which does not answer: tier2 api is exited";
    const why = `Every step so far went well, and a check found that tier2 (r2) does not serve. It found: ${found}.`;
    expect(await lastRecord(host)).toMatchObject({ outcome: "failed", to: { tier: "tier2" }, why });
    const now = await readFacts(host.engine, { name: "scani", gateway: "scani-gateway" });
    expect(explainFailure(thrown, now, "tier2")).toBe(
      `${why}\n\nNothing was taken back. Serving now: ${found}.\n  The next up goes on from there. type: npm run up -- tier2`,
    );
    await go(host, "tier2");
    expect(wrongOf(host)).toEqual([]);
  },
);

test.concurrent.each([
  ["a good", undefined],
  ["a failed", 1],
])("a record of %s switch that cannot be written is told", async (_how, endsWith) => {
  const counting = await served("tier1");
  counting.container("r2", "worker").endsWith = endsWith;
  await go(counting, "tier2").catch(() => undefined);
  const at = counting.engine.calls.lastIndexOf("writeFile scani-gateway " + journalPath) + 1;
  const host = await served("tier1");
  host.container("r2", "worker").endsWith = endsWith;
  host.engine.plan({ kind: "throw", at });
  const lines: string[] = [];
  await go(host, "tier2", lines).catch(() => undefined);
  expect(host.engine.faulted).toBe(`writeFile scani-gateway ${journalPath}`);
  expect(lines.join("\n")).toContain("the record of this handover could not be written: ");
});

test.concurrent(
  "where the gateway reaches nobody by name, as after the engine's DNS has lost them, all are restarted",
  async () => {
    const host = await served("tier1");
    for (const service of ["api", "frontend-app"]) host.nameless.add(`scani-r1-${service}`);
    const facts = await readFacts(host.engine, host.order("tier1", "r1").install);
    expect(describeServing(servingOf(facts))).toBe(
      "tier1 (r1), which does not answer: api through the gateway: HTTP 502, app through the gateway: HTTP 502",
    );
    expect(await go(host, "tier1")).toMatchObject({ outcome: "repaired" });
    expect(wrongOf(host)).toEqual([]);
    expect([...host.nameless]).toEqual([]);
    // Restart the page after the api: its server does not start unless the name `api` resolves.
    expect(host.engine.calls.filter((call) => /^(stop|start|restart) /.test(call))).toEqual(
      ["api", "frontend-app"].map((service) => `restart scani-r1-${service}`),
    );
  },
);

test.concurrent(
  "a tier that was kept warm and is not found by its names is restarted before the gateway is pointed at it",
  async () => {
    const host = await served("tier1");
    for (const service of ["api", "worker", "frontend-app"] as const) host.container("r2", service).state = "running";
    for (const service of ["api", "frontend-app"]) host.nameless.add(`scani-r2-${service}`);
    const order = host.order("tier2", "r2");
    const steps = plan(await readFacts(host.engine, order.install), order.wanted).map(({ id }) => id);
    expect(steps.slice(steps.indexOf("migrate"), steps.indexOf("flip"))).toEqual(["migrate", "restart", "verify"]);
    expect(await go(host, "tier2")).toMatchObject({ outcome: "switched" });
    expect(wrongOf(host)).toEqual([]);
  },
);

test.concurrent("what answers is found, whatever a look-up of its name says, and is not restarted", async () => {
  const host = await served("tier1");
  host.first = (_container, command) =>
    command.join(" ").includes("getent hosts")
      ? {
          output: command
            .slice(4)
            .map((name) => `unknown ${name}\n`)
            .join(""),
        }
      : undefined;
  host.engine.find("scani-postgres")!.state = "exited";
  host.container("r1", "data-provider").state = "paused";
  expect((await readFacts(host.engine, host.order("tier1", "r1").install)).nameless).toEqual([]);
});

/**
 * Creates an install on which tier 1 serves, the engine's DNS has lost its api's name, and its page does not start
 * without it.
 */
async function pageWithoutApi(): Promise<FakeInstall> {
  const host = await served("tier1");
  host.nameless.add("scani-r1-api");
  const page = host.container("r1", "frontend-app");
  const learnName = host.engine.started;
  host.engine.started = (container) => {
    learnName(container);
    if (container === page && host.nameless.has("scani-r1-api")) host.engine.ends(page, 1);
  };
  return host;
}

test.concurrent.each(["exited", "restarting"] as const)(
  "a page that is %s for want of the api's name is started once the api has one again, and both are said",
  async (state) => {
    const host = await pageWithoutApi();
    host.container("r1", "frontend-app").state = state;
    expect(describeServing(servingOf(await readFacts(host.engine, { name: "scani", gateway: "scani-gateway" })))).toBe(
      `tier1 (r1), which does not answer: api through the gateway: HTTP 502, tier1 frontend-app is ${state}`,
    );
    expect(await go(host, "tier1")).toMatchObject({ outcome: "repaired" });
    expect(wrongOf(host)).toEqual([]);
  },
);

test.concurrent(
  "a page that was up between two crashes for want of the api's name is not waited for until Docker restarts it",
  async () => {
    const host = await pageWithoutApi();
    const page = host.container("r1", "frontend-app");
    host.lost.app = "502";
    host.engine.watch = (call) => {
      if (call === "restart scani-r1-api") page.state = "restarting";
      if (call === "restart scani-r1-frontend-app") delete host.lost.app;
    };
    const lines: string[] = [];
    expect(await go(host, "tier1", lines)).toMatchObject({ outcome: "repaired" });
    expect(wrongOf(host)).toEqual([]);
    expect(lines.join("\n")).toMatch(/tier1 api is restarted[^]*tier1 frontend-app is restarted/);
  },
);

test.concurrent(
  "a data-provider that is not found by its name is restarted before the api, and said to be until then",
  async () => {
    const host = await served("tier1");
    for (const service of ["data-provider", "api"]) host.nameless.add(`scani-r1-${service}`);
    host.nameless.add("scani-postgres");
    const read = () => readFacts(host.engine, host.order("tier1", "r1").install);
    expect((await read()).nameless.toSorted()).toEqual(["scani-postgres", "scani-r1-api", "scani-r1-data-provider"]);
    host.engine.calls.length = 0;
    const lines: string[] = [];
    expect(await go(host, "tier1", lines)).toMatchObject({ outcome: "repaired" });
    expect(host.engine.calls.filter((call) => /^(stop|start|restart) /.test(call))).toEqual([
      "restart scani-r1-data-provider",
      "restart scani-r1-api",
    ]);
    expect(wrongOf(host)).toEqual([]);
    expect(lines.join("\n")).toContain("scani-postgres is not found by its name. type: npm run up -- base");
    expect(describeServing(servingOf(await read()))).toBe("tier1 (r1), but scani-postgres is not found by its name");
  },
);

test.concurrent(
  "a copy that only has the labels of the api's is left running, a worker's is stopped; the database is not a copy's",
  async () => {
    const host = await served("tier1");
    host.nameAsPulumi("r1");
    for (const service of ["api", "worker"])
      host.engine.add({
        name: `my-${service}`,
        labels: host.engine.find(`scani-tier1-${service}-0a1b2c3`)?.labels,
        state: "running",
      });
    host.engine.add({ name: "my-postgres", labels: host.engine.find("scani-postgres")?.labels, state: "exited" });
    host.engine.all.unshift(...host.engine.all.splice(-1));
    expect(await go(host, "tier2")).toMatchObject({ outcome: "switched" });
    const stateOf = (name: string) => host.engine.find(name)?.state;
    expect(["my-api", "my-worker", "scani-tier1-api-0a1b2c3"].map(stateOf)).toEqual(["running", "exited", "exited"]);
  },
);

test.concurrent.each(["paused", "restarting"] as const)(
  "a worker of an older release that is %s does not take jobs because a switch is taken back",
  async (state) => {
    const host = await served("tier1");
    host.declare("tier2", "r0");
    host.container("r0", "worker").state = state;
    host.container("r2", "worker").endsWith = 1;
    await expect(go(host, "tier2")).rejects.toThrow("the handover failed");
    expect(wrongOf(host)).toEqual([]);
  },
);

test.concurrent("without a gateway nothing is begun, and what brings it back is named", async () => {
  const host = await served("tier1");
  host.engine.all.splice(
    host.engine.all.findIndex(({ name }) => name === "scani-gateway"),
    1,
  );
  const before = host.running();
  await expect(go(host, "tier2")).rejects.toThrow(/There is no gateway .*\n {2}type: npm run up -- base$/);
  expect(host.running()).toEqual(before);
});
