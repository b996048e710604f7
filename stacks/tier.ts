import * as pulumi from "@pulumi/pulumi";
import { setImmediate as nextTurn } from "node:timers/promises";
import { baseGaps } from "../host/guards/base/baseGaps";
import type { ContainerInUse } from "../host/guards/inUse";
import { releaseChanges } from "../host/guards/releaseSettings";
import { alterations, describeAlterations } from "../host/install/drift/alteration";
import { creationTimestamps, isToBeMade, type CreationTimestamps } from "../host/install/drift/creationTimestamps";
import { bundledPassword, dataPlaceOfBase } from "../host/install/data/dataPlace";
import { conflictProblems, conflictsAmong } from "../host/install/drift/conflicts";
import { releaseImages } from "../host/install/services/images";
import { label } from "../host/install/names/labels";
import { stacksBeside } from "../host/install/names/stacks";
import { orphansOf, releaseStrays } from "../host/install/drift/unknown";
import { routedRelease, type Facts } from "../host/install/facts";
import { networkName } from "../host/install/network/addresses";
import type { Presence } from "../host/install/presence";
import type { MissingImage } from "../host/preflight/images";
import type { MadeOfImage } from "../infra/release/identity";
import { Handover } from "../infra/handover";
import { blockedUploads, originOf, policyProblem } from "../host/install/storage/connectSrc";
import { environments, uploadsOrigin } from "../infra/release/environment";
import { TakedownGuard } from "../infra/takedownGuard";
import { Release, releaseNameOf, type ReleaseNaming } from "../infra/release/release";
import { shapesOf } from "../infra/release/shape";
import type { Service } from "../host/install/services/release";
import { catalogue, setCommand, type Origin, type SettingName, type Settings, type Tier } from "../settings";
import { refuse, refuseChanged, refuseMissing, refuseUnlessFit, sayUnread } from "./guard";
import { OperatorRunError } from "./operatorError";
import { renderProblem } from "../util/operatorError";
import type { Host } from "./host";
import { valueIfKnown } from "./known";
import { providersOf } from "./providers";
import { ownState, referToBase, type BaseReference } from "./reference";

/** Declares one release of Scani, and the Handover that decides whether it serves. */
export async function tierStack(settings: Settings<Tier>, host: Host): Promise<Record<string, pulumi.Output<unknown>>> {
  const { tier } = settings;
  const { base: baseStack } = stacksBeside(pulumi.getStack(), settings.baseStack);
  const reading = referToBase(baseStack);
  reading.catch(() => undefined);
  // Ask Pulumi for base first, so that base is read while the plugins start: Pulumi starts one after the other, and
  // answers nothing new meanwhile.
  await nextTurn();
  const images = Object.values(releaseImages(settings));
  const { engine, host: own } = providersOf(host.dockerProvider(images));
  const base = await reading;
  const { install, gateway } = base.remembered;
  const presence = host.presence(install);
  const facts = host.facts({ name: install, gateway });
  const state = ownState();
  const guarded = refuseOtherData(host, base, baseStack);
  const [missing, imageIds, inUse] = [host.missing(images), host.imageIds(images), host.inUse(install)];
  for (const looking of [guarded, missing, imageIds, inUse, presence, facts, state]) looking.catch(() => undefined);
  // Report another running command before anything else: it may be the reason why something does not fit.
  await host.lock(gateway);
  const there = await presence;
  const now = await facts;
  const { services, uploads, nameless } = now;
  refuse(`Stack ${pulumi.getStack()} does not fit what is on this engine. Nothing has been touched.`, [
    ...baseGaps(base.remembered, there, { stack: pulumi.getStack(), origin: settings.origin("dockerHost") }, nameless),
    ...conflictProblems(conflictsAmong(services, uploads?.bucket), gateway),
  ]);
  await guarded;
  await refusePolicy(settings, base);
  await sayChanged(settings, base, ofRouted(now, await inUse));
  const joinable = withoutKeptMail(there, base.remembered);
  const altered = alterations(joinable).filter(({ container }) => container.labels[label.tier] === tier);
  if (altered.length > 0) await pulumi.log.warn(describeAlterations(altered).join("\n"));
  const { known } = await state;
  await sayStrays(there, tier, known);
  // Read the routes only if a container may be an orphan.
  if (there.containers.some(({ id, labels }) => labels[label.tier] === tier && !known.has(id)))
    await clearOrphans(host, base, tier, known);
  const timestamps = creationTimestamps(joinable, known);
  const naming = { settings, imageIds: await imageIds, onEngine: releasesOn(there) };
  await bringNeeded(host, await missing, await neededImages(naming, base, timestamps));
  const release = new Release(
    `scani-${tier}`,
    { ...naming, platform: base.platform, baseOutputs: base.outputs, timestamps },
    { providers: [engine] },
  );
  const guard = new TakedownGuard(
    `scani-${tier}-takedown-guard`,
    { tier, dockerHost: settings.dockerHost, engine: there.engine.id, baseOutputs: base.outputs, release },
    { provider: own },
  );
  new Handover(
    `scani-${tier}-handover`,
    {
      settings,
      baseOutputs: base.outputs,
      release,
      guard,
      engine: there.engine.id,
      projectFolder: host.projectFolder,
    },
    { provider: own },
  );
  const outputs = {
    tier: pulumi.output(tier),
    release: release.id,
    images: pulumi.output(release.images),
    address: base.outputs.address,
  };
  if (!pulumi.runtime.isDryRun()) return outputs;
  await sayMoved(there, tier);
  await announce(host, settings, base, release);
  return outputs;
}

/**
 * Warns of containers that only carry the tier's labels. A worker among them is stopped like others, since it takes
 * jobs.
 */
async function sayStrays(there: Presence, tier: Tier, known: ReadonlySet<string>): Promise<void> {
  const lines = releaseStrays(there, tier, known).map(({ name, labels }) => {
    const service = labels[label.service] ?? "";
    return `${name} has the labels of ${tier}'s ${service} and is not it, as a container of an image that docker commit has made: it is ${service === "worker" ? "stopped where it would take jobs, and kept" : "left alone"}.`;
  });
  if (lines.length > 0) await pulumi.log.warn(lines.join("\n"));
}

/** Removes containers of the tier that killed runs, or other tools, have made and nothing needs. */
async function clearOrphans(host: Host, base: BaseReference, tier: Tier, known: ReadonlySet<string>): Promise<void> {
  const { install: name, gateway } = base.remembered;
  const orphans = orphansOf(await host.routed({ name, gateway }), tier, known);
  if (orphans.length === 0) return;
  const names = orphans.map((one) => one.name).join(", ");
  await pulumi.log.warn(
    `Made by a run that was killed, or by another tool: ${names}. Nothing needs it, and it is removed.`,
  );
  if (pulumi.runtime.isDryRun()) return;
  for (const problem of await host.removeUnneeded(orphans)) await pulumi.log.warn(renderProblem(problem));
}

/** Lists images that are not on the engine, of containers that Pulumi is about to create. */
async function neededImages(
  naming: ReleaseNaming,
  base: BaseReference,
  timestamps: CreationTimestamps,
): Promise<string[]> {
  const platform = await valueIfKnown(base.platform);
  const release = platform && releaseNameOf(naming, platform);
  const images = Object.entries(releaseImages(naming.settings)).flatMap(([service, image]) =>
    release === undefined || isToBeMade(timestamps, service, release) ? [image] : [],
  );
  return images.filter((image) => naming.imageIds[image] === undefined);
}

/**
 * Brings images onto the engine before anything is declared: Pulumi would fail half way, and in Docker's own words.
 * Containers that exist need none.
 * @param missing images that cannot be pulled, as far as a check can tell
 */
async function bringNeeded(host: Host, missing: readonly MissingImage[], needed: readonly string[]): Promise<void> {
  const refuseThese = (some: readonly MissingImage[]): void =>
    refuseMissing(
      some.filter(({ image }) => needed.includes(image)),
      [setCommand("SCANI_IMAGE_TAG", pulumi.getStack())],
    );
  refuseThese(missing);
  if (needed.length === 0) return;
  if (pulumi.runtime.isDryRun())
    return pulumi.log.info(`Brought onto the engine before anything else: ${needed.join(", ")}.`);
  await pulumi.log.info(`Bringing onto the engine: ${needed.join(", ")}.`);
  refuseThese(await host.bring(needed));
}

/** Lists the containers of releases on the engine. */
function releasesOn({ containers }: Presence): MadeOfImage[] {
  return containers.flatMap(({ labels, imageId }) => {
    const [release, service] = [labels[label.release], labels[label.service]];
    return release === undefined || service === undefined ? [] : [{ release, service, imageId }];
  });
}

/** Reports in a preview which services' images are others than their names meant when the tier's release was made. */
async function sayMoved({ containers }: Presence, tier: Tier): Promise<void> {
  const moved = containers
    // The engine shows an image by its id once its name means another.
    .filter(({ labels, image, imageId }) => labels[label.tier] === tier && image === imageId)
    .map(({ labels }) => labels[label.service]);
  if (moved.length === 0) return;
  const services = [...new Set(moved)].sort().join(", ");
  await pulumi.log.info(`Images pulled or built anew under the same name since ${tier} was made: ${services}.`);
}

/** Refuses to put a release on data made with other secrets than base holds. */
async function refuseOtherData(host: Host, base: BaseReference, baseStack: string): Promise<void> {
  const [outputs, platform] = await Promise.all([valueIfKnown(base.outputs), valueIfKnown(base.platform)]);
  // Base has never been up, so there is no data to guard.
  if (outputs === undefined || platform === undefined) return;
  const place = dataPlaceOfBase(outputs, platform);
  const databasePassword = place.postgres && bundledPassword(platform);
  const evidence = await host.evidence(place);
  await sayUnread(evidence);
  await refuseUnlessFit(evidence, {
    place,
    baseStack,
    encryptionKey: platform.ENCRYPTION_KEY,
    databasePassword,
  });
}

/** Refuses a policy under which the page could not upload, and says what browsers block. On tier 2 the preflight asks where uploads go. */
async function refusePolicy(settings: Settings<Tier>, base: BaseReference): Promise<void> {
  const platform = await valueIfKnown(base.platform);
  const uploads = platform && uploadsOrigin(settings.tier, platform);
  if (platform === undefined || uploads === undefined) return;
  const [page, stack, policy] = [originOf(platform.FRONTEND_URL), pulumi.getStack(), settings.CSP_CONNECT_SRC];
  const blocked = blockedUploads({ uploads, page, stack });
  if (blocked !== undefined) await pulumi.log.warn(renderProblem(blocked));
  const problem = policy === undefined ? undefined : policyProblem({ policy, uploads, page, stack });
  if (problem !== undefined) throw new OperatorRunError(`${renderProblem(problem)}\nNothing has been touched.`);
}

/**
 * Leaves out base's mail network where no release is to join it: it is kept for one that still sends to the catcher.
 * Pure.
 */
function withoutKeptMail(there: Presence, { install, networks }: BaseReference["remembered"]): Presence {
  if (networks.mail !== undefined) return there;
  return { ...there, networks: there.networks.filter(({ name }) => name !== networkName(install, "mail")) };
}

/** Returns the containers of the release the routes lead to. Pure. */
function ofRouted(facts: Facts, inUse: readonly ContainerInUse[]): ContainerInUse[] {
  const routed = routedRelease(facts);
  return inUse.filter(({ tier, release }) => tier === routed?.tier && release === routed.release);
}

/** Returns a look-up of where a setting's value comes from; undefined for a setting that this tier does not read. */
function originsOf(settings: Settings<Tier>): (setting: SettingName) => Origin | undefined {
  return (setting) => (settings as { origin(name: SettingName): Origin | undefined }).origin(setting);
}

/** Warns of, or refuses, settings nobody has written down that make another release than the one in use. */
async function sayChanged(
  settings: Settings<Tier>,
  base: BaseReference,
  inUse: readonly ContainerInUse[],
): Promise<void> {
  const platform = await valueIfKnown(base.platform);
  if (platform === undefined || inUse.length === 0) return;
  const shapes = Object.entries(shapesOf(settings));
  const changes = releaseChanges(
    {
      tier: settings.tier,
      environment: environments(settings, platform),
      images: releaseImages(settings),
      memory: Object.fromEntries(shapes.map(([service, { memory }]) => [service, memory])),
      origin: originsOf(settings),
    },
    inUse,
  );
  await refuseChanged(changes, pulumi.getStack(), inUse);
}

/** Reads the ids of the containers that stay: in a preview, one that is to be created or replaced has none yet. */
async function knownIds(release: Release): Promise<Partial<Record<Service, string>>> {
  const ids = await Promise.all(
    Object.entries(release.containers).map(async ([service, { id }]) => [service, await valueIfKnown(id)] as const),
  );
  return Object.fromEntries(ids.filter(([, id]) => id !== undefined));
}

/** Reports in a preview what Pulumi's own diff cannot show: which tier serves now, and what becomes of it. */
async function announce(host: Host, settings: Settings<Tier>, base: BaseReference, release: Release): Promise<void> {
  const containers = await knownIds(release);
  const text = pulumi.unsecret(
    pulumi.all([base.outputs, release.id, release.environment]).apply(async ([outputs, id, environment]) =>
      host.previewSwitch(outputs, {
        tier: settings.tier,
        release: id,
        stack: pulumi.getStack(),
        keepWarm: settings.keepWarm,
        soak: settings.soak,
        images: release.images,
        environment,
        origins: Object.fromEntries(catalogue.map(({ name, variable }) => [variable, originsOf(settings)(name)])),
        containers,
        carryFiles: settings.carryFiles,
        caCertificate: settings.caCertificate,
        minimumFreeDisk: settings.minimumFreeDisk,
      }),
    ),
  );
  // Wait for it: a program in the command's own process would otherwise be over before the host has been read.
  const lines = await valueIfKnown(text);
  if (lines !== undefined) await pulumi.log.info(lines);
}
