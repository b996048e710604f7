import fc from "fast-check";
import type { ContainerState } from "../../../../host/engine/engine";
import { routes, servedBy, type Route } from "../../../../host/gateway/routes";
import {
  describeServing,
  servingOf,
  servingSince,
  wayBack,
  type Facts,
  type WayBack,
  type ReleaseName,
} from "../../../../host/install/facts";
import type { Entry } from "../../../../host/install/journal";
import { containerStates, factsOf, hosts, release, routedTo } from "../handover/model";

const one = { tier: "tier1", release: "one" } as const;
const serving = (state: ContainerState | boolean = true, changes: Partial<Facts> = {}): Facts => ({
  ...factsOf(
    [...release("tier1", "one", () => state), ...release("tier2", "two", (service) => service !== "worker")],
    routedTo("one"),
  ),
  ...changes,
});

/** Returns a way back that there has to be. */
function backFrom(facts: Facts): WayBack {
  const back = wayBack(facts);
  if ("none" in back) throw new Error(back.none);
  return back;
}

describe("the way back", () => {
  test.each(containerStates.filter((state) => state !== "dead" && state !== "removing"))(
    "from a release whose containers are %s: to all of it, route by route",
    (state) => {
      const back = backFrom(serving(state));
      expect(back.targets).toEqual(routedTo("one"));
      expect(back.containers.map(({ service }) => service).sort()).toEqual(["api", "frontend-app"]);
    },
  );

  test("what an earlier version of this module brought up is gone back to without the route it did not have", () => {
    const { api, app } = routedTo("one");
    expect(backFrom(serving(true, { routes: { api, app } })).targets).toEqual({ api, ws: api, app });
  });

  test("what is lost, or had no api or no page, is not gone back to, and it is said why", () => {
    const none = (facts: Facts): string => {
      const back = wayBack(facts);
      return "none" in back ? back.none : "";
    };
    for (const state of ["dead", "removing"] as const) expect(none(serving(state))).toContain(`was ${state} before`);
    expect(none({ ...serving(), containers: [] })).toContain("was gone before");
    const { api, app } = routedTo("one");
    expect(none(serving(true, { routes: { api } }))).toBe("no route led to a page before");
    expect(none(serving(true, { routes: { app } }))).toBe("no route led to an api before");
    expect(none(serving(true, { routes: {} }))).toBe("no release served before");
  });

  test("whatever the host is like, nobody is sent to a container that cannot be started", () => {
    fc.assert(
      fc.property(hosts, ({ facts }) => {
        const back = wayBack(facts);
        if ("none" in back) return;
        for (const [route, name] of Object.entries(back.targets)) {
          const target = back.containers.find((container) => container.name === name);
          expect(target?.service).toBe(servedBy(route as Route));
          expect(["dead", "removing"]).not.toContain(target?.state);
        }
      }),
    );
  });
});

describe("since when a release serves", () => {
  const two = { tier: "tier2", release: "two" } as const;
  const noted = (hour: number, outcome: Entry["outcome"], from: ReleaseName | undefined, to: ReleaseName): Entry => ({
    ...{ at: `${hour}:00`, by: "a@b", from, to, outcome, totalMs: 1, timings: {} },
  });
  const back = (entry: Entry, to: ReleaseName, at: string): Entry => ({ ...entry, flipped: { to, at } });
  test.each<[string, readonly Entry[], string | undefined]>([
    ["nothing on record", [], undefined],
    ["a switch of an earlier version's", [noted(1, "switched", two, one)], "1:00"],
    ["a switch that flipped later than it began", [back(noted(1, "switched", two, one), one, "1:50")], "1:50"],
    ["a repair since", [noted(1, "switched", two, one), noted(2, "repaired", one, one)], "1:00"],
    ["a failed repair since", [noted(1, "switched", two, one), noted(2, "failed", one, one)], "1:00"],
    [
      "a switch away that failed before the flip",
      [noted(1, "switched", two, one), noted(2, "failed", one, two)],
      "1:00",
    ],
    [
      "a switch away that was pointed back",
      [noted(1, "switched", two, one), back(noted(2, "failed", one, two), one, "2:10")],
      "2:10",
    ],
    [
      "a switch here that failed and was left, after an earlier one and the one away",
      [
        ...[noted(1, "switched", two, one), noted(2, "switched", one, two)],
        ...[back(noted(3, "failed", two, one), one, "3:10"), noted(4, "repaired", one, one)],
      ],
      "3:10",
    ],
    ["a switch away, and none back", [noted(1, "switched", two, one), noted(2, "switched", one, two)], undefined],
    [
      "a run that left no record, and a repair",
      [noted(1, "switched", two, one), noted(2, "switched", one, two), noted(3, "repaired", one, one)],
      undefined,
    ],
    [
      "a run that left no record after a failed one",
      [noted(1, "switched", two, one), noted(2, "failed", two, one)],
      undefined,
    ],
  ])("%s", (_what, journal, since) => {
    expect(servingSince({ journal }, one)).toBe(since);
  });
});

test.each<[string, Facts, ReturnType<typeof servingOf>, RegExp]>([
  ["a whole release", serving(), { is: "serving", release: one, shortcomings: [] }, /^tier1 \(one\)$/],
  [
    "a release whose worker is stopped while the other tier's takes jobs",
    factsOf(
      [...release("tier1", "one", (service) => service !== "worker"), ...release("tier2", "two", () => true)],
      routedTo("one"),
    ),
    {
      is: "serving",
      release: one,
      shortcomings: [
        { what: "its worker is exited", of: "release" },
        { what: "the worker of tier2 (two) takes jobs", of: "release" },
      ],
    },
    /^tier1 \(one\), but its worker is exited; the worker of tier2 \(two\) takes jobs$/,
  ],
  [
    "a release whose worker is gone",
    factsOf(
      release("tier1", "one", () => true).filter(({ service }) => service !== "worker"),
      routedTo("one"),
    ),
    { is: "serving", release: one, shortcomings: [{ what: "its worker is gone", of: "release" }] },
    /^tier1 \(one\), but its worker is gone$/,
  ],
  [
    "a release whose data-provider is stopped",
    factsOf(
      release("tier1", "one", (service) => service !== "data-provider"),
      routedTo("one"),
    ),
    { is: "serving", release: one, shortcomings: [{ what: "its data-provider is exited", of: "release" }] },
    /^tier1 \(one\), but its data-provider is exited$/,
  ],
  [
    "a release whose containers are about to be replaced by others of the same release",
    factsOf(
      [
        ...release("tier1", "one", () => "created").map((next) => ({
          ...next,
          id: `${next.id}-next`,
          name: `next-${next.name}`,
        })),
        ...release("tier1", "one", () => true),
      ],
      routedTo("one"),
    ),
    { is: "serving", release: one, shortcomings: [] },
    /^tier1 \(one\)$/,
  ],
  [
    "a release of which two workers and a copy of one take jobs",
    factsOf(
      [
        ...release("tier1", "one", () => true),
        ...["again", "mine"].map((name) => ({
          ...serving().containers.find(({ id }) => id === "one-worker")!,
          id: name,
          name,
          ...(name === "mine" ? { copy: true as const } : {}),
        })),
      ],
      routedTo("one"),
    ),
    {
      is: "serving",
      release: one,
      shortcomings: [
        { what: "another of its workers (again) takes jobs", of: "release" },
        { what: "mine, a copy of a worker of tier1, takes jobs", of: "release" },
      ],
    },
    /^tier1 \(one\), but another of its workers/,
  ],
  [
    "a release whose worker is stopped while a copy of it takes jobs",
    factsOf(
      [
        ...release("tier1", "one", (service) => service !== "worker"),
        {
          ...serving().containers.find(({ id }) => id === "one-worker")!,
          id: "mine",
          name: "mine",
          copy: true as const,
        },
      ],
      routedTo("one"),
    ),
    {
      is: "serving",
      release: one,
      shortcomings: [
        { what: "its worker is exited", of: "release" },
        { what: "mine, a copy of a worker of tier1, takes jobs", of: "release" },
      ],
    },
    /^tier1 \(one\), but its worker is exited; mine/,
  ],
  [
    "a paused api",
    {
      ...serving(),
      containers: serving().containers.map((c) => (c.id === "one-api" ? { ...c, state: "paused" } : c)),
    },
    { is: "routed but down", release: one, why: "tier1 api is paused" },
    /^tier1 \(one\), which does not answer: tier1 api is paused$/,
  ],
  [
    "a release that nobody reaches through the gateway",
    serving(true, { unanswered: { app: "HTTP 502" } }),
    { is: "routed but down", release: one, why: "app through the gateway: HTTP 502" },
    /does not answer: app through the gateway: HTTP 502/,
  ],
  [
    "requests held at the gateway",
    serving(true, { paused: ["api"] }),
    { is: "routed but down", release: one, why: "requests of api are held or refused at the gateway" },
    /held or refused at the gateway/,
  ],
  [
    "routes to two releases",
    serving(true, { routes: { ...routedTo("one"), app: routedTo("two").app } }),
    {
      is: "mixed",
      why: "api leads to tier1 (one), ws leads to tier1 (one), auth leads to tier1 (one), app leads to tier2 (two)",
    },
    /^no whole release: /,
  ],
  [
    "a route to a container that is gone",
    serving(true, { routes: { ...routedTo("one"), app: "somebody" } }),
    {
      is: "mixed",
      why: "api leads to tier1 (one), ws leads to tier1 (one), auth leads to tier1 (one), app leads to somebody",
    },
    /app leads to somebody/,
  ],
  ["no route", serving(true, { routes: {} }), { is: "unrouted" }, /^nothing$/],
  [
    "a stopped gateway",
    serving(true, { gateway: { name: "g", state: "exited", silent: "the gateway is exited" } }),
    { is: "gateway down", release: one, why: "the gateway is exited" },
    /^nothing answers: the gateway is exited; its routes lead to tier1 \(one\)$/,
  ],
])("what serves: %s", (_what, facts, expected, words) => {
  expect(servingOf(facts)).toEqual(expected);
  expect(describeServing(servingOf(facts))).toMatch(words);
});

test("whatever the host is like, what is said to serve is whole, runs, and answers", () => {
  fc.assert(
    fc.property(hosts, ({ facts }) => {
      const now = servingOf(facts);
      if (now.is !== "serving") return;
      for (const route of routes.filter((known) => facts.routes[known] !== undefined))
        expect(facts.containers.find(({ name }) => name === facts.routes[route])).toMatchObject({
          ...now.release,
          state: "running",
        });
      expect({ gateway: facts.gateway.state, paused: facts.paused, unanswered: facts.unanswered }).toEqual({
        gateway: "running",
        paused: [],
        unanswered: {},
      });
    }),
    { numRuns: 2000 },
  );
});
