import * as pulumi from "@pulumi/pulumi";
import { createHmac } from "node:crypto";
import { Volume } from "@pulumi/docker/volume";
import type { Container } from "@pulumi/docker/container";
import { restartPolicy } from "../../host/install/services/release";
import { containerArgs, hardenedContainer, type HardenedArgs } from "../container/hardened";
import { networkName, type BaseNetwork } from "../../host/install/network/addresses";
import type { Limits } from "../../host/install/drift/alteration";
import { baseContainerTimestamp, type CreationTimestamps } from "../../host/install/drift/creationTimestamps";
import { label, labelList } from "../../host/install/names/labels";
import { containerName, volumeNameOf } from "../../host/install/names/containerName";
import { canonical } from "../../util/canonical";
import type { Networks } from "./networks";

export interface BaseServiceArgs extends Omit<HardenedArgs, "name" | "labels" | "runs" | "volumes" | "networks"> {
  /** How it is started; by default Pulumi starts it. */
  readonly runs?: HardenedArgs["runs"];
  readonly timestamps: CreationTimestamps;
  readonly install: string;
  /** Networks it joins, by role, and its fixed address there. */
  readonly networks: readonly {
    readonly network: BaseNetwork;
    readonly aliases: readonly string[];
    readonly address?: string;
  }[];
  /** Mount point of its volume; absent for a service that keeps nothing. */
  readonly dataPath?: string;
  /** An existing volume it is to use; without it base makes one. */
  readonly volume?: string;
  /** Refuse to delete the volume, whatever is destroyed. */
  readonly protect?: boolean;
}

/** A service of base that is about to be declared. */
export interface DescribedService {
  readonly service: string;
  readonly args: BaseServiceArgs;
  /** Labels of its container, besides the digest. */
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Digest of everything its container is declared with. The container carries it as a label, so that the engine shows
   * whether an `up` will replace it, even after a killed run. Absent for a service for which no requests wait.
   */
  readonly contents?: pulumi.Output<string>;
  /** True where its container exists with other limits than it is declared with. */
  readonly drifted: boolean;
}

/**
 * Describes a service. Some of what is digested is secret, and an operator's own password may be easy to guess, so the
 * digest is keyed. A container whose limits were changed on the engine counts as gone: otherwise a `pulumi refresh`
 * would find them, and the next `up` replace it while it is in use.
 * @param actual limits of the existing container
 * @param key a secret of many bits; without it there is no digest
 */
export function describeService(
  service: string,
  args: BaseServiceArgs,
  actual?: Limits,
  key?: pulumi.Output<string>,
): DescribedService {
  const { install } = args;
  const drifted = actual !== undefined && differs(args, actual);
  const timestamps = drifted ? {} : args.timestamps;
  const labels = {
    [label.install]: install,
    [label.service]: service,
    ...baseContainerTimestamp(timestamps, service),
  };
  if (key === undefined) return { service, args, labels, drifted };
  const declared: pulumi.Output<unknown> = pulumi.output(
    containerArgs({
      ...declaredArgs(service, args, (name) => name, args.volume ?? volumeNameOf(install, service)),
      labels,
    }),
  );
  const contents = pulumi
    .all([declared, key])
    .apply(([all, secret]) => createHmac("sha256", secret).update(canonical(all)).digest("hex").slice(0, 12));
  return { service, args, labels, drifted, contents: pulumi.unsecret(contents) };
}

/** True where the limits are others than declared. An engine without memory limits reports 0. */
function differs(args: BaseServiceArgs, { memory, restartPolicy: policy }: Limits): boolean {
  return (memory !== 0 && memory !== args.memory * 2 ** 20) || policy !== restartPolicy.always;
}

function declaredArgs(
  service: string,
  { install, networks, dataPath, ...rest }: BaseServiceArgs,
  network: (name: string) => pulumi.Input<string>,
  volume: pulumi.Input<string> | undefined,
): Omit<HardenedArgs, "labels"> {
  return {
    ...rest,
    name: containerName(install, service),
    networks: networks.map(({ network: role, aliases, address }) => ({
      name: network(networkName(install, role)),
      aliases: [...aliases],
      ipv4Address: address,
    })),
    volumes:
      dataPath === undefined || volume === undefined ? undefined : [{ volumeName: volume, containerPath: dataPath }],
    runs: rest.runs ?? "always",
  };
}

/** Container of base, with the volume its data is in. */
export class BaseService extends pulumi.ComponentResource {
  readonly service: string;
  readonly container: Container;
  readonly containerName: string;
  readonly volumeName?: string;

  constructor(
    { service, args, labels, contents }: DescribedService,
    networks: Networks,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("scani:base:Service", service, {}, opts);
    const { install, dataPath, protect } = args;
    this.service = service;
    this.containerName = containerName(install, service);
    let volume: pulumi.Input<string> | undefined;
    if (dataPath !== undefined) {
      this.volumeName = args.volume ?? volumeNameOf(install, service);
      volume =
        args.volume ??
        new Volume(
          `${service}-data`,
          {
            name: this.volumeName,
            labels: labelList({ [label.install]: install, [label.service]: service }),
          },
          { parent: this, protect, retainOnDelete: protect },
        ).name;
    }
    this.container = hardenedContainer(
      service,
      {
        ...declaredArgs(service, args, (name) => networks.named(name), volume),
        labels:
          contents?.apply((digest): Record<string, string> => ({ ...labels, [label.contents]: digest })) ?? labels,
      },
      // A change of the check's interval is no reason to replace what an install depends on.
      { parent: this, ignoreChanges: ["healthcheck.interval"] },
    );
    this.registerOutputs({});
  }
}
