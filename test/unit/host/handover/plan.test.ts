import fc from "fast-check";
import { routes, servedBy } from "../../../../host/gateway/routes";
import { isUp, routedRelease, type Facts, type Wanted } from "../../../../host/install/facts";
import { membersOf, MissingContainer, plan, stages } from "../../../../host/handover/plan";
import { servicesOf, type Service } from "../../../../host/install/services/release";
import { apply, factsOf, hosts, release, routedTo, wantedOf } from "./model";

const runs = 2000;

function carriedOut(facts: Facts, wanted: Wanted): Facts {
  return plan(facts, wanted).reduce(apply, facts);
}

const runningWorkers = (facts: Facts) => facts.containers.filter((one) => one.service === "worker" && isUp(one));

describe("plan, for any host", () => {
  test("ends with the wanted release serving, whole, and its worker the only one", () => {
    fc.assert(
      fc.property(hosts, ({ facts, wanted }) => {
        const after = carriedOut(facts, wanted);
        const own = membersOf(after, wanted);
        expect(routedRelease(after)).toEqual({ tier: wanted.tier, release: wanted.release });
        for (const service of servicesOf(wanted.tier))
          expect(own[service]?.state === "running").toBe(service !== "migrate");
        expect(runningWorkers(after).map(({ release: name }) => name)).toEqual([wanted.release]);
      }),
      { numRuns: runs },
    );
  });

  test("run twice, it changes nothing the second time", () => {
    fc.assert(
      fc.property(hosts, ({ facts, wanted }) => {
        expect(plan(carriedOut(facts, wanted), wanted)).toEqual([]);
      }),
      { numRuns: runs },
    );
  });

  test("interrupted after any step, it ends in the same place", () => {
    fc.assert(
      fc.property(hosts, fc.nat(8), ({ facts, wanted }, cut) => {
        const interrupted = plan(facts, wanted).slice(0, cut).reduce(apply, facts);
        expect(carriedOut(interrupted, wanted)).toEqual(carriedOut(facts, wanted));
      }),
      { numRuns: runs },
    );
  });

  test("no worker starts while another release's worker runs", () => {
    fc.assert(
      fc.property(hosts, ({ facts, wanted }) => {
        let now = facts;
        for (const step of plan(facts, wanted)) {
          if (step.id === "start-worker")
            expect(runningWorkers(now).filter(({ id }) => id !== step.container.id)).toEqual([]);
          now = apply(now, step);
        }
      }),
      { numRuns: runs },
    );
  });

  test("nothing of another release stops before the wanted one is ready and verified", () => {
    fc.assert(
      fc.property(hosts, ({ facts, wanted }) => {
        let now = facts;
        for (const step of plan(facts, wanted)) {
          if (step.id === "retire" || step.id === "stop-workers") {
            const own = membersOf(now, wanted);
            for (const route of routes) {
              expect(own[servedBy(route)]?.state).toBe("running");
              expect(now.routes[route]).toBe(own[servedBy(route)]?.name);
            }
          }
          now = apply(now, step);
        }
      }),
      { numRuns: runs },
    );
  });

  test("a flip comes only after migration and verification, to containers that run", () => {
    fc.assert(
      fc.property(hosts, ({ facts, wanted }) => {
        const steps = plan(facts, wanted);
        const at = steps.findIndex((step) => step.id === "flip");
        if (at < 0) return;
        const before = steps.slice(0, at);
        expect(before.map((step) => step.id)).toEqual(expect.arrayContaining(["migrate", "verify"]));
        const own = membersOf(before.reduce(apply, facts), wanted);
        for (const route of routes) expect(own[servedBy(route)]?.state).toBe("running");
      }),
      { numRuns: runs },
    );
  });

  test("keepWarm leaves the other tier's api, frontend-app and data-provider as they were, and nothing else", () => {
    fc.assert(
      fc.property(hosts, ({ facts, wanted }) => {
        const after = carriedOut(facts, wanted);
        for (const container of after.containers.filter(({ release: name }) => name !== wanted.release)) {
          const before = facts.containers.find(({ id }) => id === container.id);
          const warm =
            wanted.keepWarm &&
            container.tier !== wanted.tier &&
            container.service !== "worker" &&
            container.service !== "migrate";
          expect(isUp(container)).toBe(warm && before !== undefined && isUp(before));
        }
      }),
      { numRuns: runs },
    );
  });
});

describe("plan, cases an operator knows", () => {
  const tier1 = release("tier1", "one", () => true);
  const tier2 = release("tier2", "two", () => false);
  const facts = factsOf([...tier1, ...tier2], routedTo("one"));

  test("a switch", () => {
    expect(plan(facts, wantedOf("tier2", "two", false)).map((step) => step.id)).toEqual([
      "preflight",
      "migrate",
      "start",
      "verify",
      "flip",
      "stop-workers",
      "start-worker",
      "soak",
      "retire",
    ]);
  });

  test("of a switch the old worker stops beside the flip, and the new one boots while the release is watched already", () => {
    expect(stages(plan(facts, wantedOf("tier2", "two", false))).map((stage) => stage.map((step) => step.id))).toEqual([
      ["preflight"],
      ["migrate"],
      ["start"],
      ["verify"],
      ["flip", "stop-workers"],
      ["start-worker", "soak"],
      ["retire"],
    ]);
  });

  test("a rollback to a tier kept warm is the flip and the worker swap", () => {
    const warm = {
      ...facts,
      containers: [
        ...release("tier1", "one", (service) => service !== "worker"),
        ...release("tier2", "two", () => true),
      ],
      routes: routedTo("two"),
    };
    expect(plan(warm, wantedOf("tier1", "one", true)).map((step) => step.id)).toEqual([
      "preflight",
      "migrate",
      "verify",
      "flip",
      "stop-workers",
      "start-worker",
      "soak",
    ]);
  });

  test("nothing to do", () => {
    expect(plan(facts, wantedOf("tier1", "one", false))).toEqual([]);
  });

  test("a stopped worker is started, and nothing else", () => {
    const stopped = { ...facts, containers: [...release("tier1", "one", (service) => service !== "worker"), ...tier2] };
    expect(plan(stopped, wantedOf("tier1", "one", false)).map((step) => step.id)).toEqual(["start-worker", "soak"]);
  });

  test("a page that asks its stopped api by an address of before is looked at once the api runs", () => {
    const containers = release("tier1", "one", (service) => service !== "api");
    const facts = { ...factsOf(containers, routedTo("one")), unanswered: { api: "HTTP 502" } };
    const steps = plan(facts, wantedOf("tier1", "one", false));
    expect(steps.map(({ id }) => id)).toEqual(["start", "restart", "verify"]);
    expect(steps[1]).toMatchObject({ containers: [{ service: "frontend-app" }] });
  });

  test.each<[silent: Service, asleep: Service, steps: string[]]>([
    ["api", "frontend-app", ["restart", "start", "verify"]],
    ["frontend-app", "api", ["start", "restart", "verify"]],
  ])("with %s silent and %s stopped the api comes first", (silent, asleep, steps) => {
    const found: Facts = {
      ...facts,
      containers: [...release("tier1", "one", (service) => service !== asleep), ...tier2],
      unanswered: { [silent === "api" ? "api" : "app"]: "HTTP 502" },
    };
    expect(plan(found, wantedOf("tier1", "one", false)).map((step) => step.id)).toEqual(steps);
  });

  test("another release's migrator that a killed run has left running is stopped before anything else", () => {
    const left = tier2.map((one) => (one.service === "migrate" ? { ...one, state: "running" as const } : one));
    const found = factsOf([...tier1, ...left], routedTo("one"));
    expect(
      plan(found, wantedOf("tier1", "one", false)).map((step) =>
        step.describe({ created: [], wanted: { tier: "tier1", release: "one" }, soak: 5 }),
      ),
    ).toEqual(["stop tier2 migrate, which a killed run has left running"]);
    expect(plan(found, wantedOf("tier2", "two", false))[0]?.id).toBe("preflight");
  });

  test("what serves already is verified once its own worker takes the jobs", () => {
    const stopped = factsOf(
      [...release("tier1", "one", () => false), ...release("tier2", "two", () => true)],
      routedTo("one"),
    );
    expect(plan(stopped, wantedOf("tier1", "one", false)).map((step) => step.id)).toEqual([
      "start",
      "stop-workers",
      "start-worker",
      "soak",
      "verify",
      "retire",
    ]);
  });

  test("a container that Pulumi replaces is another one, though it carries the same labels", () => {
    const successor = release("tier1", "one", () => false).map((container) => ({
      ...container,
      id: `${container.id}-2`,
      name: `${container.name}-2`,
    }));
    const wanted: Wanted = {
      tier: "tier1",
      release: "one",
      stack: "tier1",
      keepWarm: true,
      containers: Object.fromEntries(successor.map(({ service, id }) => [service, id])),
    };
    const steps = plan({ ...facts, containers: [...facts.containers, ...successor] }, wanted);
    expect(steps.map((step) => step.id)).toEqual([
      "preflight",
      "migrate",
      "start",
      "verify",
      "flip",
      "stop-workers",
      "start-worker",
      "soak",
      "retire",
    ]);
  });

  test("a release that may not have been watched, by a record that cannot be read, is watched again", () => {
    const unreadable = { ...facts, journalUnreadable: true } as const;
    expect(plan(facts, wantedOf("tier1", "one", false))).toEqual([]);
    const steps = plan(unreadable, wantedOf("tier1", "one", false));
    expect(steps.map((step) => step.id)).toEqual(["soak", "verify"]);
    expect(plan(unreadable, wantedOf("tier2", "two", false)).length).toBe(
      plan(facts, wantedOf("tier2", "two", false)).length,
    );
  });

  test("a removed container is named, with what to type", () => {
    const removed = { ...facts, containers: facts.containers.filter(({ id }) => id !== "one-worker") };
    const wanted = { ...wantedOf("tier1", "one", false), stack: "prod-tier1" };
    expect(() => plan(removed, wanted)).toThrow(MissingContainer);
    expect(() => plan(removed, wanted)).toThrow(
      /no container for worker: .*\n {2}type: npm run pulumi -- up --refresh --stack prod-tier1$/,
    );
  });
});
