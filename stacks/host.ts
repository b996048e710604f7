import * as pulumi from "@pulumi/pulumi";
import type { ComposeProject } from "../host/adopt/compose/project";
import { readProjects } from "../host/adopt/compose/readCompose";
import type { BaseOutputs } from "../host/install/platform";
import { readPresence, type Presence } from "../host/install/presence";
import { readFacts } from "../host/install/readFacts";
import { label } from "../host/install/names/labels";
import type { Facts, RoutedContainers } from "../host/install/facts";
import { readRouted, type Install } from "../host/install/readFacts";
import { readNamesakes, type Namesakes } from "../host/install/drift/unknown";
import { stacksBeside } from "../host/install/names/stacks";
import { subnetOf, type SubnetChoice, type SubnetOrder } from "../host/install/network/subnet";
import type { ContainerSummary } from "../host/engine/engine";
import { answeringEngine } from "../host/engine/connection/answering";
import { engineHost } from "../host/engine/connect";
import { pulumiProvider, type PulumiProvider } from "../host/engine/connection/pulumiProvider";
import { readBaseNow, type BaseNow } from "../host/guards/base/baseNow";
import { readInUse, type ContainerInUse } from "../host/guards/inUse";
import type { Evidence } from "../host/guards/data/evidence";
import type { DataPlace } from "../host/install/data/dataPlace";
import { fingerprintsOf, type DataSecrets, type SecretFingerprints } from "../host/guards/data/secretFingerprints";
import { readTakenPorts, type DeclaredPort, type TakenPort } from "../host/guards/base/takenPorts";
import { readEvidence } from "../host/guards/data/readEvidence";
import { previewSwitch, type Declared } from "../host/handover/preview/previewSwitch";
import { renderPreview } from "../host/handover/preview/renderPreview";
import { removeContainers } from "../host/hold/begin";
import type { Declaration } from "../host/hold/planChange";
import { momentaryLabels, removeUnneeded } from "../host/install/leftovers";
import { previewBase } from "../host/hold/preview";
import { strangerProblems, type WantedNetworks } from "../host/hold/strangers";
import type { HoldInputs } from "../host/install/resources";
import { bringImages, missingImages, type MissingImage } from "../host/preflight/images";
import type { Settings } from "../settings";
import type { Problem } from "../util/operatorError";
import { takeLock } from "./runLock";
import { isThrowaway, throwawayMark } from "./throwaway";

/** Arguments of a program, from raw `pulumi` or from the command in whose process it runs. */
export interface ProgramArgs {
  /** Folder with Pulumi.yaml, the stacks' settings and `.env`. */
  readonly projectFolder: string;
  /** Environment in which settings and Docker's own variables are looked up. */
  readonly environment: NodeJS.ProcessEnv;
}

/** The volume a service of base keeps its data in. */
export interface ServiceVolume {
  readonly service: string;
  readonly volume: string;
}

/** Address of the engine docker talks to where none is named. */
const localSocket = "unix:///var/run/docker.sock";

/** Host of a program: everything it reads and changes outside Pulumi while it declares. */
export interface Host {
  /** Folder with Pulumi.yaml. */
  readonly projectFolder: string;
  /**
   * Returns the arguments of Pulumi's Docker provider, which put it on the same engine as everything else.
   * @param images to be pulled
   */
  dockerProvider(images: readonly string[]): PulumiProvider;
  /** Chooses the install's own subnet, which it has or gets, or one it may move to. */
  subnet(order: Omit<SubnetOrder, "labels">): Promise<SubnetChoice>;
  /**
   * Lists the reasons why networks must not be recreated yet.
   * @param subnets what each network of base gets, by its Docker name
   */
  strangers(install: string, networks: WantedNetworks): Promise<Problem[]>;
  /** Keeps other runs out of an install, by its gateway, until this one is over. Called before anything is declared. */
  lock(gateway: string): Promise<void>;
  /** Lists the compose projects that run Scani; none for a throwaway, which has nothing to do with them. */
  composeProjects(): Promise<readonly Pick<ComposeProject, "name" | "folder">[]>;
  /** Reads everything of an install on the engine. */
  presence(install: string): Promise<Presence>;
  /** Reads the facts of an install. */
  facts(install: Install): Promise<Facts>;
  /** Lists those of these ports that something else has. */
  takenPorts(install: string, ports: readonly DeclaredPort[]): Promise<TakenPort[]>;
  /** Lists those of these volumes that are not on the engine. */
  missingVolumes(volumes: readonly string[]): Promise<string[]>;
  /** Lists the volumes a container has; undefined where there is no such container. */
  volumesOf(container: string): Promise<string[] | undefined>;
  /**
   * Reads base's containers and the releases that run on them, which a change of base would affect.
   * @param images names of those base is about to be declared with
   */
  baseNow(install: string, images: readonly string[]): Promise<BaseNow>;
  /** Lists the containers of an install's releases that are in use. */
  inUse(install: string): Promise<ContainerInUse[]>;
  /** Creates volumes that are gone, as Pulumi believes them to be. */
  makeVolumes(install: string, volumes: readonly ServiceVolume[]): Promise<void>;
  /** Reads where the routes of an install lead, and the containers of its releases. */
  routed(install: Install): Promise<RoutedContainers>;
  /** Reads what is on the engine under a name of an install's base, whoever made it. */
  namesakes(install: string): Promise<Namesakes>;
  /** Stops and removes containers; their volumes stay. */
  removeContainers(containers: readonly string[]): Promise<void>;
  /** Stops and removes containers that nobody needs. @returns a problem for each that stays */
  removeUnneeded(containers: readonly Pick<ContainerSummary, "id" | "name">[]): Promise<Problem[]>;
  /** Removes networks nobody is on. */
  removeNetworks(networks: readonly string[]): Promise<void>;
  /** Reads the evidence of the existing data. */
  evidence(place: DataPlace): Promise<Evidence>;
  /** Lists those of these images that are neither on the engine nor can be pulled. */
  missing(images: readonly string[]): Promise<MissingImage[]>;
  /** Brings these images onto the engine. @returns those that could not be brought */
  bring(images: readonly string[]): Promise<MissingImage[]>;
  /** Reads the ids of images, by their names; those that are not on the engine have none. */
  imageIds(images: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /** Makes the text that is kept with the data, by which its secrets are recognised. */
  fingerprints(before: SecretFingerprints | undefined, role: string, secrets: DataSecrets): Promise<string>;
  /** Describes what `up` of base would do that users of Scani may notice, in the operator's words. */
  previewBase(wanted: HoldInputs, declared: Declaration): Promise<string[]>;
  /** Describes what `up` would do, in the operator's words. */
  previewSwitch(base: BaseOutputs, declared: Declared): Promise<string>;
}

/** Connects to the host the settings name. @throws OperatorError when its engine does not answer */
export async function realHost(settings: Settings, { projectFolder, environment }: ProgramArgs): Promise<Host> {
  const named = settings.dockerHost;
  const engine = await answeringEngine(named, environment);
  return {
    projectFolder,
    dockerProvider: (images) => pulumiProvider(named ?? engineHost(environment), images, environment),
    lock: (gateway) => takeLock(engine, gateway, pulumi.getStack()),
    composeProjects: async () => (isThrowaway() ? [] : readProjects(engine)),
    presence: (install) => readPresence(engine, named ?? engineHost(environment) ?? localSocket, install),
    facts: (install) => readFacts(engine, install),
    takenPorts: (install, ports) =>
      readTakenPorts(engine, install, ports, (named ?? engineHost(environment) ?? localSocket).startsWith("unix://")),
    subnet: (order) =>
      subnetOf(engine, { ...order, labels: { ...momentaryLabels(order.install, "reader"), ...throwawayMark() } }),
    strangers: (install, networks) => strangerProblems(engine, install, networks, pulumi.getStack()),
    missingVolumes: async (volumes) => {
      const there = await Promise.all(volumes.map((volume) => engine.hasVolume(volume)));
      return volumes.filter((_, index) => there[index] !== true);
    },
    volumesOf: async (container) =>
      (await engine.inspect(container))?.mounts.flatMap(({ type, source }) => (type === "volume" ? source : [])),
    baseNow: (install, images) => readBaseNow(engine, install, images),
    inUse: (install) => readInUse(engine, install),
    makeVolumes: async (install, volumes) => {
      for (const { service, volume } of volumes)
        await engine.createVolume(volume, { [label.install]: install, [label.service]: service, ...throwawayMark() });
    },
    routed: (install) => readRouted(engine, install),
    namesakes: (install) => readNamesakes(engine, install),
    removeContainers: (containers) => removeContainers(engine, containers),
    removeUnneeded: (containers) => removeUnneeded(engine, containers),
    removeNetworks: async (networks) => {
      for (const network of networks) await engine.removeNetwork(network);
    },
    evidence: (place) =>
      readEvidence(engine, place, { stacks: stacksBeside(pulumi.getStack()), pull: !pulumi.runtime.isDryRun() }),
    missing: (images) => missingImages(engine, images),
    bring: (images) => bringImages(engine, images),
    imageIds: async (images) => {
      const found = await Promise.all(images.map(async (name) => [name, (await engine.image(name))?.id] as const));
      return Object.fromEntries(found.filter((entry): entry is [string, string] => entry[1] !== undefined));
    },
    fingerprints: fingerprintsOf,
    previewBase: (wanted, declared) => previewBase(engine, wanted, declared),
    previewSwitch: async (base, declared) => renderPreview(await previewSwitch(engine, base, declared, projectFolder)),
  };
}
