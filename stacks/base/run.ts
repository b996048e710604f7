import * as pulumi from "@pulumi/pulumi";
import { comparedSettings, type DeclaredBase } from "../../host/guards/base/baseRefusals";
import type { BaseNow } from "../../host/guards/base/baseNow";
import { handedSettings } from "../../host/guards/base/handedSettings";
import { declaredPorts, type TakenPort } from "../../host/guards/base/takenPorts";
import type { Evidence } from "../../host/guards/data/evidence";
import { borrowedIn, type IdentityNow, type RememberedBase } from "../../host/guards/identityRefusals";
import { dataPlaceOf, type DataPlace } from "../../host/install/data/dataPlace";
import {
  unknownContainers,
  unknownNetworks,
  type NamedNetwork,
  type Namesakes,
  type UnknownContainers,
} from "../../host/install/drift/unknown";
import type { Presence } from "../../host/install/presence";
import { baseImages, type BaseImage } from "../../host/install/services/images";
import type { MissingImage } from "../../host/preflight/images";
import type { Secrets } from "../../infra/base/secrets";
import { isGenerated, plainText, type Settings } from "../../settings";
import type { Host } from "../host";
import { valueIfKnown } from "../known";
import { ownState } from "../reference";

/** One run of the base stack's program. */
export interface BaseRun {
  readonly settings: Settings<"base">;
  readonly host: Host;
  readonly install: string;
  /** Name of the Pulumi stack. */
  readonly stack: string;
  /** Place where the data will be. */
  readonly place: DataPlace;
  /** Images its containers are made of. */
  readonly images: readonly BaseImage[];
}

export function runOf(settings: Settings<"base">, host: Host): BaseRun {
  return {
    settings,
    host,
    install: settings.name,
    stack: pulumi.getStack(),
    place: dataPlaceOf(settings),
    images: baseImages(settings),
  };
}

/** Lists the names of the images. Pure. */
export function imagesOf({ images }: BaseRun): string[] {
  return images.map(({ image }) => image);
}

/** Reads of the engine and the data that run concurrently, from the moment the program begins. */
export interface Reading {
  readonly namesakes: Promise<Namesakes>;
  readonly evidence: Promise<Evidence>;
  readonly now: Promise<BaseNow>;
  readonly missingImages: Promise<readonly MissingImage[]>;
  /** Ids of the images that are on the engine, by their names. */
  readonly imageIds: Promise<Readonly<Record<string, string>>>;
  readonly takenPorts: Promise<readonly TakenPort[]>;
}

/** Begins to read. A failure is reported where the result is needed, if it is. */
export function beginReading(run: BaseRun): Reading {
  const { settings, host, install, place } = run;
  const reading = {
    evidence: host.evidence(place),
    now: host.baseNow(install, imagesOf(run)),
    missingImages: host.missing(imagesOf(run)),
    imageIds: host.imageIds(imagesOf(run)),
    namesakes: host.namesakes(install),
    takenPorts: host.takenPorts(install, declaredPorts(settings)),
  };
  for (const one of Object.values(reading)) one.catch(() => undefined);
  return reading;
}

/** Base as its last `up` left it, and as it is now. */
export interface Identity {
  readonly remembered?: RememberedBase;
  /** Ids of what Pulumi's state holds. */
  readonly known: ReadonlySet<string>;
  /** Everything of this install on the engine, without containers that only carry its labels. */
  readonly presence: Presence;
  /** Containers with base's labels that Pulumi's state does not hold. */
  readonly unknown: UnknownContainers;
  /** Networks of base's labels and names that Pulumi's state does not hold. */
  readonly strangeNetworks: readonly NamedNetwork[];
  /** Everything on the engine of the install that is remembered: the same one, unless it has been renamed. */
  readonly former: Presence & Pick<IdentityNow, "missingVolumes" | "borrowedVolumes">;
}

/**
 * Reads base as it was and is. Only to be read once the lock is held: a run that has just ended has made what Pulumi's
 * state did not hold until then.
 */
export async function readIdentity({ host, install }: BaseRun): Promise<Identity> {
  const [{ outputs, known }, all, namesakes] = await Promise.all([
    ownState(),
    host.presence(install),
    host.namesakes(install),
  ]);
  const unknown = unknownContainers(all, known);
  const presence = { ...all, containers: all.containers.filter((one) => !unknown.strays.includes(one)) };
  const remembered = outputs?.sockets as RememberedBase | undefined;
  const volumes = (remembered?.services ?? []).flatMap(({ volume }) => volume ?? []);
  const borrowed = remembered && borrowedIn(remembered);
  const [former, missingVolumes, borrowedVolumes] = await Promise.all([
    remembered === undefined || remembered.install === install ? presence : host.presence(remembered.install),
    host.missingVolumes(volumes),
    borrowed === undefined ? undefined : host.volumesOf(borrowed),
  ]);
  return {
    remembered,
    known,
    presence,
    unknown,
    strangeNetworks: unknownNetworks(namesakes, install, known),
    former: { ...former, missingVolumes, borrowedVolumes },
  };
}

/** Reads the settings base is about to be declared with. In a first preview the generated secrets are not known yet. */
export async function declaredBase({ settings, stack }: BaseRun, secrets: Secrets): Promise<DeclaredBase> {
  const entries = (["ENCRYPTION_KEY", ...comparedSettings, ...handedSettings] as const).map(async (name) => {
    const value = isGenerated(name) ? await valueIfKnown(secrets.get(name)) : plainText(settings[name]);
    return [name, { value, origin: settings.origin(name) }] as const;
  });
  return { stack, settings: Object.fromEntries(await Promise.all(entries)) };
}

/** Everything that is known before anything but the secrets is declared. */
export interface Known {
  readonly identity: Identity;
  readonly evidence: Evidence;
  readonly now: BaseNow;
  readonly declared: DeclaredBase;
}
