import * as pulumi from "@pulumi/pulumi";
import type { Sockets } from "../host/install/platform";
import { readStamps, type Stamps } from "../host/install/stamps";
import { answeringEngine } from "../host/engine/answering";
import { engineHost } from "../host/engine/connect";
import type { Evidence } from "../host/guards/evidence";
import type { DataPlace } from "../host/install/dataPlace";
import { keep, type DataSecrets, type Kept } from "../host/guards/kept";
import { readEvidence } from "../host/guards/readEvidence";
import { previewSwitch, type Declared } from "../host/handover/previewSwitch";
import { renderPreview } from "../host/handover/renderPreview";
import { missingImages, type MissingImage } from "../host/preflight/images";
import type { Settings } from "../settings";
import { enter } from "./entrance";

/** What a program is told by whoever runs it, be it raw `pulumi` or a command in whose process it runs. */
export interface ProgramArgs {
  /** Folder with Pulumi.yaml, the stacks' settings and `.env`. */
  readonly projectFolder: string;
  /** Where settings and Docker's own variables are looked up. */
  readonly environment: NodeJS.ProcessEnv;
}

/** What a program asks of the world around it while it declares. */
export interface Host {
  /** Folder with Pulumi.yaml. */
  readonly projectFolder: string;
  /** The Docker engine all of it is on, where it is not the local one. */
  readonly dockerHost?: string;
  /** Keeps other runs out of an install, by its gateway, until this one is over. Called before anything is declared. */
  enter(gateway: string): Promise<void>;
  /** When each of an install's containers was made. */
  stamps(install: string): Promise<Stamps>;
  /** What is true of the data that is there. */
  evidence(place: DataPlace): Promise<Evidence>;
  /** Which of these images are neither on the engine nor to be had. */
  missing(images: readonly string[]): Promise<MissingImage[]>;
  /** Text to keep beside the data, by which its secrets are known again. */
  keep(before: Kept | undefined, role: string, secrets: DataSecrets): Promise<string>;
  /** What `up` would do, in the operator's words. */
  previewSwitch(sockets: Sockets, declared: Declared): Promise<string>;
}

/** The host the settings name. @throws OperatorError when its engine does not answer */
export async function realHost(settings: Settings, { projectFolder, environment }: ProgramArgs): Promise<Host> {
  const named = settings.dockerHost;
  const engine = await answeringEngine(named, environment);
  return {
    projectFolder,
    dockerHost: named ?? engineHost(environment),
    enter: (gateway) => enter(engine, gateway, pulumi.getStack()),
    stamps: (install) => readStamps(engine, install),
    evidence: (place) => readEvidence(engine, place),
    missing: (images) => missingImages(engine, images),
    keep,
    previewSwitch: async (sockets, declared) =>
      renderPreview(await previewSwitch(engine, sockets, declared, projectFolder)),
  };
}
