import * as pulumi from "@pulumi/pulumi";
import type { TakedownGuardInputs } from "../host/install/resources";
import type { BaseOutputs } from "../host/install/platform";
import type { Tier } from "../settings";
import type { Release } from "./release/release";

export interface TakedownGuardArgs {
  readonly tier: Tier;
  readonly dockerHost: string | undefined;
  /** Id of the engine it is on. */
  readonly engine: string;
  readonly baseOutputs: pulumi.Output<BaseOutputs>;
  readonly release: Release;
}

/**
 * Refuses to let Pulumi delete the containers of a tier that serves. It depends on them, so it is deleted before they
 * are; and it exists before the Handover begins, so that it is in the state of a first `up` that was killed too.
 */
export class TakedownGuard extends pulumi.CustomResource {
  constructor(
    name: string,
    { tier, dockerHost, engine, baseOutputs, release }: TakedownGuardArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const inputs: { [key in keyof TakedownGuardInputs]: pulumi.Input<TakedownGuardInputs[key]> } = {
      install: baseOutputs.install,
      gateway: baseOutputs.gateway,
      dockerHost,
      engine,
      containers: release.containerIds,
      tier,
    };
    super("scani-host:handover:TakedownGuard", name, inputs, { ...opts, dependsOn: Object.values(release.containers) });
  }
}
