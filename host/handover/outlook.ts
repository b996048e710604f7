import { details, type Engine } from "../engine/engine";
import { folderOf } from "../backup/plan";
import type { Sockets } from "../install/platform";
import { messageOf } from "../../util/failure";
import type { Environment } from "../install/environment";
import { servicesOf, type Service } from "../install/services";
import { catalogue, type Tier } from "../../settings";
import type { Outlook } from "./explain";
import { pendingMigrations } from "../scani/migrations/pending";
import { createdCandidate, declaredCandidate, withBackup } from "./backup";
import { readJournal, type Entry } from "./journal";
import { servingApi, type Live, type LiveContainer, type ReleaseName, type Wanted } from "../install/live";
import { plan } from "./plan";
import { survey } from "../install/survey";

/** A release as a preview knows it: declared, perhaps not created. */
export interface Declared {
  readonly tier: Tier;
  readonly release: string;
  readonly keepWarm: boolean;
  /** Ids of the containers that exist and stay; a service without one gets a new container. */
  readonly containers: Readonly<Partial<Record<Service, string>>>;
  readonly images: Readonly<Partial<Record<Service, string>>>;
  readonly environment: Readonly<Partial<Record<Service, Environment>>>;
}

/**
 * Looks at the host and says what `up` would do. Touches nothing.
 * @param projectFolder folder with Pulumi.yaml, from which the folder of the backups is reckoned
 */
export async function lookAhead(
  engine: Engine,
  sockets: Sockets,
  declared: Declared,
  projectFolder: string,
): Promise<Outlook> {
  const install = { name: sockets.install, gateway: sockets.gateway };
  const [live, journal] = await Promise.all([survey(engine, install), readJournal(engine, sockets.gateway)]);
  const api = servingApi(live);
  const now = api && { tier: api.tier, release: api.release };
  const old = live.containers.filter(
    ({ tier, release, running }) => running && tier === now?.tier && release === now.release,
  );
  const inspected = await Promise.all(
    old.map(async (container) => {
      const { environment, image } = await details(engine, container.id);
      return { service: container.service, environment: knownVariables(environment), image };
    }),
  );
  const { live: assumed, wanted, created } = withDeclared(live, declared);
  const backups = { plan: sockets.backups, folder: folderOf(sockets.backups, projectFolder), lookOnly: true };
  const migrate = wanted.containers.migrate as string;
  const candidate = created.includes("migrate")
    ? declaredCandidate(
        engine,
        install,
        declared.images.migrate as string,
        declared.environment.migrate?.DATABASE_URL as string,
      )
    : createdCandidate(engine, migrate, () => pendingMigrations(engine, install, migrate));
  const planned = plan(assumed, wanted);
  // A database that does not answer is no reason to say nothing of the rest.
  const { steps, decision } = await withBackup(engine, install, backups, planned, candidate).catch(
    (error: unknown) => ({ steps: planned, decision: { unknown: messageOf(error) } }),
  );
  const touched = new Set(
    steps
      .flatMap((step) => ("containers" in step ? step.containers : "container" in step ? [step.container] : []))
      .map(({ id }) => id),
  );
  return {
    now: now && { ...now, since: sinceWhen(journal, now) },
    wanted: { tier: declared.tier, release: declared.release },
    steps,
    backup: decision,
    created,
    environment: {
      old: Object.fromEntries(inspected.map(({ service, environment }) => [service, environment])),
      new: Object.fromEntries(servicesOf(declared.tier).map((service) => [service, declared.environment[service]])),
    },
    images: { old: Object.fromEntries(inspected.map(({ service, image }) => [service, image])), new: declared.images },
    keepWarm: declared.keepWarm,
    kept: live.containers.filter(
      ({ id, running, service }) => running && id !== wanted.containers[service] && !touched.has(id),
    ),
    untouched: sockets.services,
  };
}

/** When a release began to serve, by the record. */
export function sinceWhen(journal: readonly Entry[], now: ReleaseName): string | undefined {
  return journal.findLast(
    ({ outcome, to }) => outcome === "switched" && to.release === now.release && to.tier === now.tier,
  )?.at;
}

/** The host as it will be once Pulumi has created what the release still lacks. Pure. */
export function withDeclared(live: Live, declared: Declared): { live: Live; wanted: Wanted; created: Service[] } {
  const exists = (id: string | undefined) => live.containers.some((container) => container.id === id);
  const created = servicesOf(declared.tier).filter((service) => !exists(declared.containers[service]));
  const coming: LiveContainer[] = created.map((service) => ({
    id: `(new ${service})`,
    name: `(new ${service})`,
    service,
    tier: declared.tier,
    release: declared.release,
    running: false,
    title: `${declared.tier} ${service}`,
  }));
  const containers = { ...declared.containers, ...Object.fromEntries(coming.map(({ service, id }) => [service, id])) };
  return {
    live: { ...live, containers: [...live.containers, ...coming] },
    wanted: { tier: declared.tier, release: declared.release, keepWarm: declared.keepWarm, containers },
    created,
  };
}

const variables = new Set([
  ...catalogue.map(({ variable }) => variable),
  "NODE_ENV",
  "SERVICE_NAME",
  "PORT",
  "HOST",
  "API_UPSTREAM",
]);

/** Scani's own variables of a container; the image's other ones are not this module's business. */
function knownVariables(list: readonly string[]): Environment {
  return Object.fromEntries(
    list
      .map((entry) => {
        const at = entry.indexOf("=");
        return [entry.slice(0, at), entry.slice(at + 1)] as const;
      })
      .filter(([name]) => variables.has(name)),
  );
}
