import * as pulumi from "@pulumi/pulumi";
import { Container, type ContainerArgs } from "@pulumi/docker/container";
import type { input } from "@pulumi/docker/types";
import { environmentList } from "../../host/install/services/environment";
import { labelList } from "../../host/install/names/labels";
import { restartPolicy } from "../../host/install/services/release";
import { healthCheck } from "./health";

/** Arguments that differ from container to container; everything else is the same for all. */
export interface HardenedArgs {
  /**
   * Docker name; without it Pulumi adds a random suffix to the resource's name, so that two releases can exist at once.
   */
  readonly name?: string;
  readonly image: string;
  readonly labels: pulumi.Input<Record<string, string>>;
  readonly networks: pulumi.Input<pulumi.Input<input.ContainerNetworksAdvanced>[]>;
  /** Environment, `NAME` to value. Always treated as secret, since one of its values nearly always is. */
  readonly environment: pulumi.Input<Record<string, pulumi.Input<string>>>;
  readonly entrypoint?: string[];
  readonly command?: pulumi.Input<string[]>;
  /** Shell command that exits 0 when the service is ready. */
  readonly health?: string;
  /** Memory limit, MiB. */
  readonly memory: number;
  /** Capabilities it cannot do without; all others are dropped. */
  readonly capabilities?: string[];
  /** Signal that stops it; without one, the image's own. */
  readonly stopSignal?: string;
  /** Seconds it may take to stop by itself before it is killed. */
  readonly stopSeconds: number;
  readonly volumes?: input.ContainerVolume[];
  readonly ports?: input.ContainerPort[];
  /** Root file system read-only, with these paths in memory; undefined leaves it writable. */
  readonly tmpfs?: readonly string[];
  /** Run under Docker's own first process, which passes signals on and reaps. */
  readonly init?: boolean;
  /**
   * `always`: it belongs to base, runs whenever Docker does, and Pulumi starts it again.
   * `handover`: it is only declared; the Handover starts and stops it.
   * `once`: as `handover`, and never restarted.
   */
  readonly runs: "always" | "handover" | "once";
}

/** Mount options of `tmpfs`. Bun unpacks a native module into /tmp and loads it, so these are executable. */
const tmpfsOptions = "rw,exec,nosuid,nodev,size=128m";

/**
 * Returns what one container is declared with: its own arguments, and the install's limits, log rotation and
 * confinement.
 */
export function containerArgs(args: HardenedArgs): ContainerArgs {
  const always = args.runs === "always";
  return {
    name: args.name,
    image: args.image,
    labels: pulumi.output(args.labels).apply(labelList),
    networksAdvanced: args.networks,
    envs: pulumi.secret(
      pulumi.output(args.environment).apply((values) => environmentList(values as Record<string, string>)),
    ),
    entrypoints: args.entrypoint,
    command: args.command,
    healthcheck: args.health === undefined ? undefined : healthCheck(args.health),
    memory: args.memory,
    memorySwap: args.memory,
    capabilities: { drops: ["ALL"], adds: args.capabilities?.map((name) => `CAP_${name}`).sort() },
    securityOpts: ["no-new-privileges:true"],
    readOnly: args.tmpfs !== undefined,
    tmpfs: args.tmpfs && Object.fromEntries(args.tmpfs.map((path) => [path, tmpfsOptions])),
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
    volumes: args.volumes,
    ports: args.ports,
    init: args.init ?? false,
    restart: restartPolicy[args.runs],
    start: always,
    mustRun: always,
    stopSignal: args.stopSignal,
    stopTimeout: args.stopSeconds,
    destroyGraceSeconds: args.stopSeconds,
    removeVolumes: false,
  };
}

/** Declares one container. */
export function hardenedContainer(resource: string, args: HardenedArgs, opts: pulumi.CustomResourceOptions): Container {
  return new Container(
    resource,
    containerArgs(args),
    pulumi.mergeOptions(
      {
        // A named container, and one that owns a volume or a port, must be gone before its successor comes.
        deleteBeforeReplace: args.name !== undefined,
        // A kernel without swap accounting reads it back as another number.
        ignoreChanges: ["memorySwap"],
        replaceOnChanges: ["healthcheck", "memory"],
        additionalSecretOutputs: ["envs"],
      },
      opts,
    ),
  );
}
