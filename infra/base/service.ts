import * as pulumi from "@pulumi/pulumi";
import { Volume } from "@pulumi/docker/volume";
import type { Container } from "@pulumi/docker/container";
import { hardenedContainer, type HardenedArgs } from "../container/hardened";
import { baseContainerTimestamp, type CreationTimestamps } from "../../host/install/creationTimestamps";
import { label, labelList } from "../../host/install/labels";
import { containerName, volumeNameOf } from "../../host/install/containerName";

export interface BaseServiceArgs extends Omit<HardenedArgs, "name" | "labels" | "runs" | "volumes"> {
  readonly timestamps: CreationTimestamps;
  readonly install: string;
  /** Where its volume is mounted; absent for a service that keeps nothing. */
  readonly dataPath?: string;
  /** Refuse to delete the volume, whatever is destroyed. */
  readonly protect?: boolean;
}

/** One container of base with the volume its data is in. */
export class BaseService extends pulumi.ComponentResource {
  readonly service: string;
  readonly container: Container;
  readonly containerName: string;
  readonly volumeName?: string;
  /** Its creation timestamp. */
  readonly made?: string;

  constructor(service: string, args: BaseServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("scani:base:Service", service, {}, opts);
    const { install, dataPath, protect, timestamps, ...rest } = args;
    this.service = service;
    this.containerName = containerName(install, service);
    let volumes: HardenedArgs["volumes"];
    if (dataPath !== undefined) {
      this.volumeName = volumeNameOf(install, service);
      const volume = new Volume(
        `${service}-data`,
        {
          name: this.volumeName,
          labels: labelList({ [label.install]: install, [label.service]: service }),
        },
        { parent: this, protect, retainOnDelete: protect },
      );
      volumes = [{ volumeName: volume.name, containerPath: dataPath }];
    }
    const timestamp = baseContainerTimestamp(timestamps, service);
    this.made = timestamp[label.made];
    this.container = hardenedContainer(
      service,
      {
        ...rest,
        name: this.containerName,
        labels: { [label.install]: install, [label.service]: service, ...timestamp },
        volumes,
        runs: "always",
        // How often it is checked is no reason to replace what an install stands on.
      },
      { parent: this, ignoreChanges: ["healthcheck.interval"] },
    );
    this.registerOutputs({});
  }
}
