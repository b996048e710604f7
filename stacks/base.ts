import * as pulumi from "@pulumi/pulumi";
import { composeProblems } from "../host/adopt/compose/composeProblems";
import { comparedSettings, type DeclaredBase } from "../host/guards/base/baseRefusals";
import { handedChanges, handedSettings } from "../host/guards/base/handedSettings";
import {
  identityRefusals,
  lostStateProblems,
  rememberedManaged,
  type RememberedBase,
} from "../host/guards/identityRefusals";
import { subnetsIn } from "../host/install/network/addresses";
import { alterations, describeAlterations } from "../host/install/drift/alteration";
import { containerName } from "../host/install/names/containerName";
import { label } from "../host/install/names/labels";
import { creationTimestamps, isMadeAnew } from "../host/install/drift/creationTimestamps";
import { declares, replaceableServices } from "../host/install/services/bundled";
import { dataPlaceOf, dataServicesOf } from "../host/install/data/dataPlace";
import { baseImages, type BaseImage } from "../host/install/services/images";
import type { HoldInputs } from "../host/install/resources";
import type { Presence } from "../host/install/presence";
import {
  unknownContainers,
  unknownNetworks,
  type NamedNetwork,
  type UnknownContainers,
} from "../host/install/drift/unknown";
import { takenNames, takenNetwork } from "../host/guards/base/takenNames";
import { declaredPorts, takenPorts } from "../host/guards/base/takenPorts";
import { differs } from "../host/guards/base/baseNow";
import type { MissingImage } from "../host/preflight/images";
import { Base } from "../infra/base/base";
import { isGenerated, isSet, plainText, setCommand, type Settings } from "../settings";
import { setCommand as setGiven, upCommand } from "../util/commands";
import { renderBlock, type Block } from "../util/ipv4";
import { renderProblem, type Problem } from "../util/operatorError";
import { refuse, refuseChanged, refuseDowntime, refuseMissing, refuseUnlessFit, sayUnread } from "./guard";
import type { Host } from "./host";
import { valueIfKnown } from "./known";
import { providersOf } from "./providers";
import { ownState } from "./reference";

/** What outlives every release. */
export async function baseStack(
  settings: Settings<"base">,
  host: Host,
): Promise<Record<string, pulumi.Output<unknown>>> {
  const images = baseImages(settings);
  const names = images.map(({ image }) => image);
  const { engine, host: own } = providersOf(host.dockerProvider(names));
  const place = dataPlaceOf(settings);
  const stack = pulumi.getStack();
  const reading = Promise.all([host.evidence(place), host.baseNow(place.install)]);
  const [looking, imageIds, naming] = [host.missing(names), host.imageIds(names), host.namesakes(place.install)];
  const taken = host.takenPorts(place.install, declaredPorts(settings));
  for (const look of [reading, looking, imageIds, naming, taken]) look.catch(() => undefined);
  const services = [
    "gateway",
    ...replaceableServices.map(([service]) => service).filter((one) => declares(settings, one)),
  ];
  const doesNotFit = `Stack ${stack} does not fit what is on this engine. Nothing has been touched.`;
  // Before the lock, which is in the container that has the gateway's name.
  refuse(doesNotFit, takenNames(await naming, { install: place.install, stack, services }));
  await host.lock(containerName(place.install, "gateway"));
  // Not before: a run that has just ended has made what Pulumi's state did not hold until then.
  const identifying = readIdentity(host, place.install);
  identifying.catch(() => undefined);
  const base = new Base(settings, { providers: [engine, own] });
  const [encryptionKey, databasePassword] = [base.secrets.get("ENCRYPTION_KEY"), base.secrets.get("POSTGRES_PASSWORD")];
  const [identity, [evidence, now], declared] = await Promise.all([
    identifying,
    reading,
    declaredBase(settings, base, stack),
  ]);
  await sayUnread(evidence);

  refuse(doesNotFit, [
    ...identityRefusals(
      identity.remembered,
      { ...identity.former, cluster: evidence.cluster, managed: evidence.managed },
      {
        install: place.install,
        installOrigin: settings.origin("name"),
        stack,
        dockerHostOrigin: settings.origin("dockerHost"),
        databaseOrigin: settings.origin("DATABASE_URL"),
        keepsData: dataServicesOf(settings),
        startEmpty: isSet("startEmpty"),
        allowDowntime: isSet("allowDowntime"),
        trustSettings: isSet("trustSettings"),
      },
    ),
    ...lostStateProblems(identity.remembered, identity.known, identity.presence, { install: place.install, stack }),
    ...identity.strangeNetworks.filter(({ users }) => users.length > 0).map((one) => takenNetwork(one, stack)),
  ]);
  // The Postgres that was borrowed so far is stopped before its data is moved.
  const before = identity.remembered?.backups?.postgres;
  const strangers = evidence.strangers.filter(({ container }) => container !== before);
  await refuseUnlessFit(
    { ...evidence, strangers },
    {
      place,
      baseStack: stack,
      encryptionKey: declared.settings.ENCRYPTION_KEY?.value,
      databasePassword: declared.settings.POSTGRES_PASSWORD?.value,
    },
  );
  refuseDowntime(declared, now);
  await refuseChanged(handedChanges(declared, now), stack, now.releases);
  const refuseThese = (missing: readonly MissingImage[]): void =>
    refuseMissing(
      missing,
      images
        .filter(({ image }) => missing.some((one) => one.image === image))
        .map(({ setting }) => setCommand(setting, stack)),
    );
  refuseThese(await looking);

  const { known, presence, remembered } = identity;
  const altered = alterations(presence).filter(({ container }) => !(label.release in container.labels));
  // An install whose database has data goes on with it, and is not empty.
  if (evidence.volumeMajor === undefined) await refuseBesideCompose(settings, host, stack, identity);
  refuse(doesNotFit, takenPorts(await taken, stack));
  const choice = await host.subnet({
    install: place.install,
    stack,
    named: settings.subnet,
    remembered: remembered?.subnet,
    image: settings.gatewayImage,
  });
  const subnet = "own" in choice ? choice.own : undefined;
  if ("free" in choice) await pulumi.log.info(renderProblem(mayMove(stack, choice.free)));
  refuse(
    `Networks of stack ${stack} cannot be made anew yet. Nothing has been touched.`,
    await host.strangers(place.install, subnetsIn(place.install, subnet)),
  );
  // A service is taken away before its successor is made, and a pull may take minutes, or fail.
  const onEngine = await imageIds;
  const absent = names.filter((name) => onEngine[name] === undefined);
  if (absent.length > 0 && !pulumi.runtime.isDryRun()) {
    await pulumi.log.info(`Bringing onto the engine: ${absent.join(", ")}.`);
    refuseThese(await host.bring(absent));
  }
  const copies = await clearCopies(host, identity);
  await makeLostVolumes(host, place.install, identity);
  const timestamps = creationTimestamps(presence, known, idsByService(images, onEngine));
  const fingerprints = pulumi.secret(
    pulumi
      .output({ encryptionKey, databasePassword })
      .apply((made) => host.fingerprints(evidence.fingerprints, settings.POSTGRES_USER, made)),
  );
  const {
    platform,
    sockets,
    declared: contents,
    drifted,
  } = base.declare(
    timestamps,
    fingerprints,
    presence.engine,
    subnet,
    { cluster: evidence.cluster, managed: rememberedManaged(identity.remembered, evidence.managed) },
    Object.fromEntries(Object.entries(now.services).map(([service, { limits }]) => [service, limits])),
    copies,
  );
  const changed = [
    ...describeAlterations(altered),
    ...drifted.map(
      (service) =>
        `${containerName(place.install, service)} has another memory limit or restart policy than it is declared with: it is made anew.`,
    ),
  ];
  if (changed.length > 0) await pulumi.log.warn(changed.join("\n"));
  if (pulumi.runtime.isDryRun()) {
    const published = settings.publishGateway ? [`${settings.bindAddress}:${settings.FRONTEND_PORT}`] : [];
    const gateway =
      isMadeAnew(timestamps, "gateway") ||
      drifted.includes("gateway") ||
      differs(now.services.gateway, { image: settings.gatewayImage, published });
    await announce(host, contents, now.services.gateway !== undefined && gateway, absent);
  }
  return { platform, sockets };
}

/** What an operator is told of base's services whose addresses Docker gives out. Pure. */
function mayMove(stack: string, free: Block): Problem {
  return {
    what: "Base's services have no addresses of their own: one that is restarted may get another, which a release that runs would not find.",
    why: "They can be moved. Requests wait about 20 s meanwhile; whoever does not wait that long sees an error.",
    type: [setGiven("subnet", stack, { value: renderBlock(free) }), upCommand(stack)],
  };
}

/** Ids of base's images on the engine, by service. */
function idsByService(images: readonly BaseImage[], known: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    images.flatMap(({ service, image }) => (known[image] === undefined ? [] : [[service, known[image]]])),
  );
}

/**
 * Says in a preview what Pulumi's own diff cannot know: what whoever uses Scani will notice.
 * @param gateway true where the one that is there is replaced
 */
async function announce(
  host: Host,
  contents: pulumi.Output<HoldInputs>,
  gateway: boolean,
  absent: readonly string[],
): Promise<void> {
  if (absent.length > 0) await pulumi.log.info(`Brought onto the engine before anything else: ${absent.join(", ")}.`);
  const declared = await valueIfKnown(contents);
  // In a first preview secrets are yet to be generated, and nothing serves.
  if (declared === undefined) return;
  const lines = await host.previewBase(declared, gateway);
  if (lines.length > 0) await pulumi.log.info(lines.join("\n"));
}

/** Base as its last `up` left it, beside what is true of it now. */
interface Identity {
  readonly remembered?: RememberedBase;
  /** Ids of what Pulumi's state holds. */
  readonly known: ReadonlySet<string>;
  /** What of this install is on the engine, without what only has its labels. */
  readonly presence: Presence;
  /** Containers with base's labels that Pulumi's state does not hold. */
  readonly unknown: UnknownContainers;
  /** Networks of base's labels and names that Pulumi's state does not hold. */
  readonly strangeNetworks: readonly NamedNetwork[];
  /** What of the install that is remembered is there: the same one, unless it has been renamed. */
  readonly former: Presence & { readonly missingVolumes: readonly string[] };
}

async function readIdentity(host: Host, install: string): Promise<Identity> {
  const [{ outputs, known }, all, namesakes] = await Promise.all([
    ownState(),
    host.presence(install),
    host.namesakes(install),
  ]);
  const unknown = unknownContainers(all, known);
  const presence = { ...all, containers: all.containers.filter((one) => !unknown.strays.includes(one)) };
  const remembered = outputs?.sockets as RememberedBase | undefined;
  const volumes = (remembered?.services ?? []).flatMap(({ volume }) => volume ?? []);
  const [former, missingVolumes] = await Promise.all([
    remembered === undefined || remembered.install === install ? presence : host.presence(remembered.install),
    host.missingVolumes(volumes),
  ]);
  return {
    remembered,
    known,
    presence,
    unknown,
    strangeNetworks: unknownNetworks(namesakes, install, known),
    former: { ...former, missingVolumes },
  };
}

/** Refuses to make an empty install where one of compose's is: whoever types that means to go on with it. */
async function refuseBesideCompose(
  { borrowedPostgres, postgresVolume, DATABASE_URL }: Settings<"base">,
  host: Host,
  stack: string,
  { remembered, presence }: Identity,
): Promise<void> {
  // An install on a database that is somewhere else is not empty.
  const adopted = [borrowedPostgres, postgresVolume, DATABASE_URL].some((value) => value !== undefined);
  if (remembered !== undefined || adopted || presence.containers.length > 0 || isSet("startEmpty")) return;
  refuse(
    "Scani runs on this engine already, under docker compose. Nothing has been touched.",
    composeProblems(await host.composeProjects(), stack),
  );
}

/** What base is about to be declared with. In a first preview the generated secrets are not known yet. */
async function declaredBase(settings: Settings<"base">, base: Base, stack: string): Promise<DeclaredBase> {
  const entries = (["ENCRYPTION_KEY", ...comparedSettings, ...handedSettings] as const).map(async (name) => {
    const value = isGenerated(name) ? await valueIfKnown(base.secrets.get(name)) : plainText(settings[name]);
    return [name, { value, origin: settings.origin(name) }] as const;
  });
  return { stack, settings: Object.fromEntries(await Promise.all(entries)) };
}

/**
 * Makes room for base's own where something that Pulumi does not know has their names: another tool has made it anew, or a
 * run that was killed did not live to note it.
 * @returns ids of containers to be removed once requests wait, which is all but the gateway
 */
async function clearCopies(host: Host, { unknown, strangeNetworks }: Identity): Promise<string[]> {
  const { copies, strays } = unknown;
  const gateways = copies.filter(({ labels }) => labels[label.service] === "gateway");
  // Those that are used have been refused.
  const networks = strangeNetworks.map(({ network }) => network);
  const lines = [
    ...[...copies, ...networks].map(
      ({ name }) =>
        `${name} is not the one Pulumi made: another tool has made it anew, or a run that was killed. It is removed, and made again as declared; its data stays.`,
    ),
    ...(gateways.length > 0 ? ["Nobody is let in from then until the gateway is made again: for some seconds."] : []),
    ...strays.map(
      ({ name, labels }) =>
        `${name} has the labels of base's ${labels[label.service]} and is not it, as a container of an image that docker commit has made: it is left alone.`,
    ),
  ];
  if (lines.length > 0) await pulumi.log.warn(lines.join("\n"));
  if (!pulumi.runtime.isDryRun()) {
    await host.removeContainers(gateways.map(({ id }) => id));
    await host.removeNetworks(networks.map(({ id }) => id));
  }
  return copies.filter((one) => !gateways.includes(one)).map(({ id }) => id);
}

/** Pulumi believes that protected volumes are there, and would not replace them. */
async function makeLostVolumes(host: Host, install: string, { remembered, former }: Identity): Promise<void> {
  const lost = (remembered?.services ?? []).flatMap(({ service, volume }) =>
    volume !== undefined && former.missingVolumes.includes(volume) ? [{ service, volume }] : [],
  );
  if (lost.length === 0 || remembered?.install !== install) return;
  await pulumi.log.warn(`Gone and made anew, empty: volume ${lost.map(({ volume }) => volume).join(", volume ")}.`);
  if (!pulumi.runtime.isDryRun()) await host.makeVolumes(install, lost);
}
