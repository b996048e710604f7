import fc from "fast-check";
import { routes, servedBy } from "../../../../host/gateway/routes";
import type { Live, LiveContainer, Wanted } from "../../../../host/install/live";
import type { Step } from "../../../../host/handover/plan";
import { servicesOf, type Service } from "../../../../host/install/services";
import type { Tier } from "../../../../settings";

/** A host in miniature: what each step does to it, so that plans can be carried out without Docker. */
export function apply(live: Live, step: Step): Live {
  const set = (ids: readonly string[], running: boolean): Live => ({
    ...live,
    containers: live.containers.map((container) =>
      ids.includes(container.id) ? { ...container, running } : container,
    ),
  });
  switch (step.do) {
    case "backup":
    case "finish-backup":
    case "migrate":
    case "verify":
    case "soak":
      return live;
    case "start":
      return set(
        step.containers.map(({ id }) => id),
        true,
      );
    case "start-worker":
      return set([step.container.id], true);
    case "stop-workers":
    case "retire":
      return set(
        step.containers.map(({ id }) => id),
        false,
      );
    case "flip":
      return { ...live, routes: Object.fromEntries(routes.map((route) => [route, step.to[route].name])) };
  }
}

export function release(tier: Tier, name: string, running: (service: Service) => boolean): LiveContainer[] {
  return servicesOf(tier).map((service) => ({
    id: `${name}-${service}`,
    name: `${name}-${service}-x`,
    service,
    tier,
    release: name,
    title: `${tier} ${service}`,
    running: service !== "migrate" && running(service),
  }));
}

/** Every route to the containers `release` makes. */
export function routedTo(name: string): Live["routes"] {
  return Object.fromEntries(routes.map((route) => [route, `${name}-${servedBy(route)}-x`]));
}

/** A wanted release whose containers are those `release` makes. */
export function wantedOf(tier: Tier, name: string, keepWarm: boolean): Wanted {
  return {
    tier,
    release: name,
    keepWarm,
    containers: Object.fromEntries(servicesOf(tier).map((service) => [service, `${name}-${service}`])),
  };
}

/**
 * Any host a crash, an operator's hand or a failed upgrade can leave: up to three releases, each container up or down,
 * routes anywhere.
 */
export const hosts: fc.Arbitrary<{ live: Live; wanted: Wanted }> = fc
  .record({
    tiers: fc.array(fc.constantFrom<Tier>("tier1", "tier2"), { minLength: 1, maxLength: 3 }),
    up: fc.array(fc.boolean(), { minLength: 15, maxLength: 15 }),
    routed: fc.array(fc.option(fc.nat(2), { nil: undefined }), { minLength: routes.length, maxLength: routes.length }),
    keepWarm: fc.boolean(),
    choice: fc.nat(2),
  })
  .map(({ tiers, up, routed, keepWarm, choice }) => {
    let next = 0;
    const containers = tiers.flatMap((tier, index) =>
      release(tier, `r${index}`, () => up[next++ % up.length] ?? false),
    );
    const target = (route: (typeof routes)[number], index: number | undefined) => {
      if (index === undefined || index >= tiers.length) return undefined;
      return containers.find((c) => c.release === `r${index}` && c.service === servedBy(route))?.name;
    };
    const chosen = choice % tiers.length;
    return {
      live: { containers, routes: Object.fromEntries(routes.map((route, i) => [route, target(route, routed[i])])) },
      wanted: wantedOf(tiers[chosen], `r${chosen}`, keepWarm),
    };
  });
