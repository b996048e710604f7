import * as pulumi from "@pulumi/pulumi";
import type { BaseService } from "./service";
import type { StandingInputs } from "./standingProvider";

/** Loads the compiled code at every call; see infra/handover/handover.ts for why. */
const provider: pulumi.dynamic.ResourceProvider = {
  async create(inputs) {
    await require(`${process.env.SCANI_MODULE ?? process.cwd()}/../infra/base/standingProvider.js`).stand(inputs);
    return { id: inputs.install, outs: inputs };
  },
  async diff(_id, olds, news) {
    const changed = Object.keys(news).some((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]));
    return { changes: changed || await require(`${process.env.SCANI_MODULE ?? process.cwd()}/../infra/base/standingProvider.js`).fell(news) };
  },
  async update(_id, _olds, news) {
    await require(`${process.env.SCANI_MODULE ?? process.cwd()}/../infra/base/standingProvider.js`).stand(news);
    return { outs: news };
  },
  async delete(_id, props) {
    await require(`${process.env.SCANI_MODULE ?? process.cwd()}/../infra/base/standingProvider.js`).refuseUnderRelease(props);
  },
};

/** Base stands: all of its containers run and are ready. Last in the base stack; starts what somebody stopped. */
export class Standing extends pulumi.dynamic.Resource {
  constructor(name: string, args: { install: string; dockerHost?: string; services: readonly BaseService[] }, opts?: pulumi.CustomResourceOptions) {
    const inputs: { [key in keyof StandingInputs]: pulumi.Input<StandingInputs[key]> } = {
      install: args.install,
      dockerHost: args.dockerHost,
      containers: pulumi.output(Object.fromEntries(args.services.map(({ service, container }) => [service, container.id]))) as pulumi.Output<Record<string, string>>,
    };
    super(provider, name, inputs, { ...opts, dependsOn: args.services.map(({ container }) => container) }, "scani", "Standing");
  }
}
