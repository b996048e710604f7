import { details, type Engine } from "../../engine/engine";
import { folderOf } from "../../backup/plan";
import type { BaseOutputs } from "../../install/platform";
import { messageOf } from "../../../util/operatorError";
import { environmentIn, type Environment } from "../../install/services/environment";
import { servicesOf, type Service } from "../../install/services/release";
import { stacksBeside } from "../../install/names/stacks";
import type { SwitchPreview } from "./renderPreview";
import { pendingMigrations } from "../../scani/migrations/pending";
import { createdCandidate, declaredCandidate } from "../candidate";
import { insertAsking, insertCarrying } from "../carryFiles";
import { withBackup } from "../dueBackup";
import { previewFiles, type FilesDeclared } from "./previewFiles";
import {
  describeServing,
  isOf,
  isUp,
  routedRelease,
  servingOf,
  servingSince,
  type Facts,
  type ReleaseContainer,
  type Wanted,
} from "../../install/facts";
import { plan } from "../plan";
import { readFacts } from "../../install/readFacts";

/** Release as a preview knows it: declared, perhaps not created. A service without an id gets a new container. */
export interface Declared extends FilesDeclared {
  readonly keepWarm: boolean;
  /** Seconds. */
  readonly soak: number;
  readonly images: Readonly<Partial<Record<Service, string>>>;
  /** Origins of the variables' values, by variable name. */
  readonly origins?: SwitchPreview["origins"];
}

/**
 * Reads the host and returns what `up` would do. Touches nothing.
 * @param projectFolder folder with Pulumi.yaml, which the folder of the backups is relative to
 */
export async function previewSwitch(
  engine: Engine,
  base: BaseOutputs,
  declared: Declared,
  projectFolder: string,
): Promise<SwitchPreview> {
  const install = { name: base.install, gateway: base.gateway };
  const facts = await readFacts(engine, install);
  const now = routedRelease(facts);
  const old = facts.containers.filter((container) => isUp(container) && isOf(now, container));
  const inspected = await Promise.all(
    old.map(async (container) => {
      const { environment, image, imageId } = await details(engine, container.id);
      const made = await engine.image(imageId);
      const own = ownVariables(
        environmentIn(environment),
        made && environmentIn(made.environment),
        declared.environment[container.service] ?? {},
      );
      return { service: container.service, environment: own, image };
    }),
  );
  const { facts: assumed, wanted, created } = withDeclared(facts, declared);
  const backups = {
    plan: base.backups,
    stacks: stacksBeside(declared.stack, base.stack),
    folder: folderOf(base.backups, projectFolder),
    lookOnly: true,
  };
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
  // If the database does not answer, the rest is still previewed.
  const { steps: backedUp, decision } = await withBackup(engine, install, backups, planned, candidate).catch(
    (error: unknown) => ({ steps: planned, decision: { unknown: messageOf(error) } }),
  );
  const files = await previewFiles(engine, { install, backups, declared }, facts, planned, candidate).catch(
    (error: unknown) => ({ unknown: messageOf(error) }),
  );
  const carrying = files !== undefined && "carriage" in files ? files : undefined;
  const insert = carrying?.permission === "unsaid" && carrying.count.files === 0 ? insertAsking : insertCarrying;
  const steps = carrying === undefined ? backedUp : insert(backedUp, carrying.carriage);
  const touched = new Set(
    steps
      .flatMap((step) => ("containers" in step ? step.containers : "container" in step ? [step.container] : []))
      .map(({ id }) => id),
  );
  return {
    serving: describeServing(servingOf(facts), now && servingSince(facts, now)),
    wanted: { tier: declared.tier, release: declared.release },
    steps,
    backup: decision,
    files,
    created,
    environment: {
      old: Object.fromEntries(inspected.map(({ service, environment }) => [service, environment])),
      new: Object.fromEntries(servicesOf(declared.tier).map((service) => [service, declared.environment[service]])),
    },
    origins: declared.origins,
    images: { old: Object.fromEntries(inspected.map(({ service, image }) => [service, image])), new: declared.images },
    keepWarm: declared.keepWarm,
    soak: declared.soak,
    kept: facts.containers.filter(
      (container) =>
        isUp(container) && container.id !== wanted.containers[container.service] && !touched.has(container.id),
    ),
    untouched: base.services,
  };
}

/** Returns the facts as they will be once Pulumi has created the containers the release still lacks. Pure. */
export function withDeclared(facts: Facts, declared: Declared): { facts: Facts; wanted: Wanted; created: Service[] } {
  const exists = (id: string | undefined) => facts.containers.some((container) => container.id === id);
  const created = servicesOf(declared.tier).filter((service) => !exists(declared.containers[service]));
  const coming: ReleaseContainer[] = created.map((service) => ({
    id: `(new ${service})`,
    name: `(new ${service})`,
    service,
    tier: declared.tier,
    release: declared.release,
    state: "created",
    title: `${declared.tier} ${service}`,
  }));
  const containers = {
    ...declared.containers,
    ...Object.fromEntries(coming.map(({ service, id }) => [service, id])),
  };
  return {
    facts: { ...facts, containers: [...facts.containers, ...coming] },
    wanted: {
      tier: declared.tier,
      release: declared.release,
      stack: declared.stack,
      keepWarm: declared.keepWarm,
      containers,
    },
    created,
  };
}

/**
 * Returns a container's variables without those that its image sets and the release that is to serve does not. If the
 * image is gone, only variables which that release sets can be told from the image's. Pure.
 */
export function ownVariables(all: Environment, ofImage: Environment | undefined, next: Environment): Environment {
  const isOwn = (name: string, value: string): boolean =>
    name in next || (ofImage !== undefined && ofImage[name] !== value);
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => isOwn(name, value)));
}
