/** The services of one release of Scani, by the names of their images. */
export const services = ["migrate", "data-provider", "api", "worker", "frontend-app"] as const;

export type Service = (typeof services)[number];

/** Docker's restart policy by how a container runs; see infra/container/hardened.ts. */
export const restartPolicy = { always: "unless-stopped", handover: "unless-stopped", once: "no" } as const;

/** Returns how a service of a release runs: migrate once, the others when the Handover starts them. */
export function runsOf(service: Service): "handover" | "once" {
  return service === "migrate" ? "once" : "handover";
}

/** Port of a data-provider. */
export const dataProviderPort = 8082;

/** Address under which a tier 1 release's api and worker reach its own data-provider. */
export const localCloudUrl = `http://data-provider:${dataProviderPort}`;

/** True for a name that is one of a release's services. */
export function isService(name: string | undefined): name is Service {
  return (services as readonly string[]).includes(name ?? "");
}

/** Returns the services a tier declares: the data-provider exists on tier 1 only. */
export function servicesOf(tier: "tier1" | "tier2"): readonly Service[] {
  return services.filter((service) => service !== "data-provider" || tier === "tier1");
}
