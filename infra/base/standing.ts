import * as pulumi from "@pulumi/pulumi";
import type { BaseService } from "./service";
import type { StandingInputs } from "./standingHandler";

/** Base stands: all of its containers run and are ready. Last in the base stack; starts what somebody stopped. */
export class Standing extends pulumi.CustomResource {
  constructor(name: string, args: { install: string; dockerHost?: string; services: readonly BaseService[] }, opts?: pulumi.CustomResourceOptions) {
    const inputs: { [key in keyof StandingInputs]: pulumi.Input<StandingInputs[key]> } = {
      install: args.install,
      dockerHost: args.dockerHost,
      containers: pulumi.output(Object.fromEntries(args.services.map(({ service, container }) => [service, container.id]))) as pulumi.Output<Record<string, string>>,
    };
    super("scani-host:base:Standing", name, inputs, { ...opts, dependsOn: args.services.map(({ container }) => container) });
  }
}
