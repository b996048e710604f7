import * as pulumi from "@pulumi/pulumi";
import type { BaseOutputs } from "../host/install/platform";
import type { Release } from "./release/release";
import type { TakedownGuard } from "./takedownGuard";
import type { Settings, Tier } from "../settings";
import type { HandoverInputs } from "../host/install/resources";

export interface HandoverArgs {
  readonly settings: Settings<Tier>;
  readonly baseOutputs: pulumi.Output<BaseOutputs>;
  readonly release: Release;
  /** Deleted after the Handover and before the containers. */
  readonly guard: TakedownGuard;
  /** Id of the engine it is on. */
  readonly engine: string;
  /** Folder with Pulumi.yaml. */
  readonly projectFolder: string;
}

/**
 * Decides which release serves. Last in a tier stack; depends on everything in it. Carried out by this module's own
 * provider.
 */
export class Handover extends pulumi.CustomResource {
  constructor(name: string, args: HandoverArgs, opts?: pulumi.CustomResourceOptions) {
    const { settings, baseOutputs, release, guard, engine, projectFolder } = args;
    const inputs: { [key in keyof HandoverInputs]: pulumi.Input<HandoverInputs[key]> } = {
      install: baseOutputs.install,
      gateway: baseOutputs.gateway,
      dockerHost: settings.dockerHost,
      engine,
      stack: pulumi.getStack(),
      baseStack: baseOutputs.stack,
      ownBucket: baseOutputs.services.apply((services) => services.some(({ service }) => service === "storage")),
      tier: settings.tier,
      release: release.id,
      containers: release.containerIds,
      keepWarm: settings.keepWarm,
      readyTimeout: settings.readyTimeout,
      minimumFreeDisk: settings.minimumFreeDisk,
      caCertificate: settings.caCertificate,
      drainTimeout: settings.drainTimeout,
      migrationTimeout: settings.migrationTimeout,
      soak: settings.soak,
      backups: baseOutputs.backups,
      carryFiles: settings.carryFiles,
      projectFolder,
    };
    super("scani-host:handover:Handover", name, inputs, {
      ...opts,
      dependsOn: [...Object.values(release.containers), guard],
    });
  }
}
