import fc from "fast-check";
import type { Listed } from "../../../../host/gateway/deploy";
import { routes, servedBy } from "../../../../host/gateway/routes";
import type { Facts, ReleaseContainer, Wanted } from "../../../../host/install/facts";
import type { ContainerState } from "../../../../host/engine/engine";
import type { Step } from "../../../../host/handover/steps";
import { servicesOf, type Service } from "../../../../host/install/services/release";
import { storagePort, uploadsRouteName, type Uploads } from "../../../../host/install/storage/uploads";
import type { Tier } from "../../../../settings";
import { servicesFor } from "../gateway/listing";

/** Returns the facts of a host whose gateway runs. */
export function factsOf(containers: readonly ReleaseContainer[], targets: Facts["routes"]): Facts {
  return {
    gateway: { name: "scani-gateway", state: "running" },
    services: servicesFor(targets),
    routes: targets,
    paused: [],
    unanswered: {},
    nameless: [],
    containers,
    journal: [],
  };
}

/** Uploads with base's route to its own S3 server. */
export const uploadsRouted: Uploads & { readonly route: Listed } = {
  container: "scani-storage",
  state: "running",
  bucket: "job-uploads",
  route: {
    name: uploadsRouteName,
    host: "*",
    path: "/job-uploads",
    target: `scani-storage:${storagePort}`,
    state: "running",
  },
};

/** Applies a step to a host's facts, so that plans can be carried out without Docker. */
export function apply(facts: Facts, step: Step): Facts {
  const set = (containers: readonly ReleaseContainer[], state: ContainerState): Facts => ({
    ...facts,
    containers: facts.containers.map((one) => (containers.some(({ id }) => id === one.id) ? { ...one, state } : one)),
  });
  switch (step.id) {
    case "start-gateway":
      return { ...facts, gateway: { name: facts.gateway.name, state: "running" } };
    case "resume":
      return {
        ...facts,
        unsaved: false,
        paused: [],
        uploads: facts.uploads?.route === undefined ? facts.uploads : resumed(facts.uploads),
      };
    case "save-routes":
      return { ...facts, unsaved: false };
    case "route-uploads":
      return { ...facts, uploads: uploadsRouted };
    case "restart-policy":
      return {
        ...facts,
        containers: facts.containers.map((one) =>
          step.containers.some(({ id }) => id === one.id) ? { ...one, otherPolicy: undefined } : one,
        ),
      };
    case "preflight":
    case "backup":
    case "finish-backup":
    case "migrate":
    case "verify":
    case "carry":
    case "carry-rest":
    case "carry-late":
      return facts;
    case "soak":
      return { ...facts, journal: [] };
    case "start":
      return { ...set(step.containers, "running"), unanswered: {} };
    case "restart":
      return {
        ...facts,
        unanswered: {},
        nameless: facts.nameless.filter((name) => !step.containers.some((one) => one.name === name)),
      };
    case "start-worker":
      return set([step.container], "running");
    case "stop-migrators":
    case "stop-workers":
    case "retire":
      return set(step.containers, "exited");
    case "flip":
      return {
        ...facts,
        unsaved: false,
        routes: Object.fromEntries(routes.map((route) => [route, step.to[route].name])),
        unanswered: {},
      };
  }
}

function resumed({ route, ...uploads }: Uploads): Uploads {
  return { ...uploads, route: route && { ...route, state: "running" } };
}

export function release(
  tier: Tier,
  name: string,
  state: (service: Service) => ContainerState | boolean,
): ReleaseContainer[] {
  return servicesOf(tier).map((service) => ({
    id: `${name}-${service}`,
    name: `${name}-${service}-x`,
    service,
    tier,
    release: name,
    title: `${tier} ${service}`,
    state: service === "migrate" ? "exited" : stateOf(state(service)),
  }));
}

function stateOf(state: ContainerState | boolean): ContainerState {
  return typeof state === "string" ? state : state ? "running" : "exited";
}

/** Returns every route, to the containers that `release` makes. */
export function routedTo(name: string): Facts["routes"] {
  return Object.fromEntries(routes.map((route) => [route, `${name}-${servedBy(route)}-x`]));
}

/** Returns a wanted release with the containers that `release` makes. */
export function wantedOf(tier: Tier, name: string, keepWarm: boolean): Wanted {
  return {
    tier,
    release: name,
    stack: tier,
    keepWarm,
    containers: Object.fromEntries(servicesOf(tier).map((service) => [service, `${name}-${service}`])),
  };
}

/** Every state Docker knows. */
export const containerStates: readonly ContainerState[] = [
  "created",
  "running",
  "paused",
  "restarting",
  "exited",
  "dead",
  "removing",
];

/** States of the gateway's route for uploads. */
const uploadsRoutes: Readonly<Record<string, Partial<Listed>>> = {
  "as it should be": {},
  held: { state: "paused" },
  elsewhere: { target: "scani-other:9000" },
};

/**
 * Any host that a crash, an operator, another tool or a failed upgrade can leave: up to three releases, each container
 * in any state, routes anywhere, held or unanswered, the gateway in any state, the last handover failed or not. The
 * wanted release has every container, since Pulumi recreates lost ones.
 */
export const hosts: fc.Arbitrary<{ facts: Facts; wanted: Wanted }> = fc
  .record({
    tiers: fc.array(fc.constantFrom<Tier>("tier1", "tier2"), { minLength: 1, maxLength: 3 }),
    states: fc.array(fc.constantFrom(...containerStates), { minLength: 15, maxLength: 15 }),
    routed: fc.array(fc.option(fc.nat(2), { nil: undefined }), { minLength: routes.length, maxLength: routes.length }),
    gateway: fc.constantFrom<ContainerState>("running", "running", "paused", "exited", "created", "restarting"),
    paused: fc.subarray([...routes]),
    unanswered: fc.subarray([...routes]),
    nameless: fc.boolean(),
    uploads: fc.option(
      fc.record({
        state: fc.constantFrom<ContainerState | undefined>("running", "running", "exited", undefined),
        route: fc.constantFrom("as it should be", "held", "elsewhere", undefined),
      }),
      { nil: undefined },
    ),
    unsaved: fc.boolean(),
    failed: fc.boolean(),
    keepWarm: fc.boolean(),
    choice: fc.nat(2),
  })
  .map(
    ({ tiers, states, routed, gateway, paused, unsaved, unanswered, nameless, uploads, failed, keepWarm, choice }) => {
      let next = 0;
      const chosen = choice % tiers.length;
      const any = (): ContainerState => states[next++ % states.length] ?? "exited";
      const kept = (state: ContainerState): ContainerState =>
        state === "dead" || state === "removing" ? "exited" : state;
      const containers = tiers.flatMap((tier, index) =>
        release(tier, `r${index}`, () => (index === chosen ? kept(any()) : any())),
      );
      const target = (route: (typeof routes)[number], index: number | undefined) => {
        if (index === undefined || index >= tiers.length) return undefined;
        return containers.find((c) => c.release === `r${index}` && c.service === servedBy(route))?.name;
      };
      const targets = Object.fromEntries(
        routes.flatMap((route, i) => {
          const name = target(route, routed[i]);
          return name === undefined ? [] : [[route, name]];
        }),
      ) as Facts["routes"];
      const there = (route: (typeof routes)[number]) => gateway === "running" && targets[route] !== undefined;
      const to = { tier: tiers[chosen], release: `r${chosen}` };
      return {
        facts: {
          gateway: {
            name: "scani-gateway",
            state: gateway,
            ...(gateway === "running" ? {} : { silent: `the gateway is ${gateway}` }),
          },
          services: servicesFor(targets, paused),
          routes: targets,
          paused: [...paused.filter(there), ...(uploads?.route === "held" ? [uploadsRouteName] : [])],
          ...(gateway === "running" && unsaved ? { unsaved } : {}),
          uploads: uploads && {
            ...uploadsRouted,
            state: uploads.state,
            route:
              uploads.route === undefined ? undefined : { ...uploadsRouted.route, ...uploadsRoutes[uploads.route] },
          },
          unanswered: Object.fromEntries(
            unanswered.filter((route) => there(route) && !paused.includes(route)).map((route) => [route, "HTTP 502"]),
          ),
          containers,
          nameless: containers
            .filter(({ service, state }) => nameless && service === "data-provider" && state === "running")
            .map(({ name }) => name),
          journal: failed
            ? [{ at: "2026-01-01T00:00:00.000Z", by: "a@b", to, outcome: "failed", totalMs: 1, timings: {} }]
            : [],
        },
        wanted: wantedOf(to.tier, to.release, keepWarm),
      };
    },
  );
