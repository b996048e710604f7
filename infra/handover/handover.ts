import * as pulumi from "@pulumi/pulumi";
import type { Sockets } from "../base/platform";
import type { Release } from "../release/release";
import type { Service } from "../release/services";
import type { Settings, Tier } from "../settings";
import type { HandoverInputs } from "./provider";

/**
 * The provider's methods are stored in Pulumi's state as text, so each only loads the compiled code and calls it:
 * changed code is then no change of the resource. The provider process starts in the folder of `main` (bin/stacks).
 */
const provider: pulumi.dynamic.ResourceProvider = {
  async create(inputs) {
    await require(`${process.env.SCANI_MODULE ?? process.cwd()}/../infra/handover/provider.js`).handOver(inputs);
    return { id: `${inputs.install}-${inputs.tier}`, outs: inputs };
  },
  async diff(_id, olds, news) {
    const changed = Object.keys(news).some((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]));
    return { changes: changed || await require(`${process.env.SCANI_MODULE ?? process.cwd()}/../infra/handover/provider.js`).differs(news) };
  },
  async update(_id, _olds, news) {
    await require(`${process.env.SCANI_MODULE ?? process.cwd()}/../infra/handover/provider.js`).handOver(news);
    return { outs: news };
  },
  async delete(_id, props) {
    await require(`${process.env.SCANI_MODULE ?? process.cwd()}/../infra/handover/provider.js`).refuseWhileServing(props);
  },
};

export interface HandoverArgs {
  readonly tier: Tier;
  readonly settings: Settings;
  readonly sockets: pulumi.Output<Sockets>;
  readonly release: Release;
}

/** Decides which release serves. Last in a tier stack; depends on everything in it. */
export class Handover extends pulumi.dynamic.Resource {
  constructor(name: string, args: HandoverArgs, opts?: pulumi.CustomResourceOptions) {
    const { tier, settings, sockets, release } = args;
    const ids = Object.fromEntries(Object.entries(release.containers).map(([service, container]) => [service as Service, container.id]));
    const inputs: { [key in keyof HandoverInputs]: pulumi.Input<HandoverInputs[key]> } = {
      install: sockets.install,
      gateway: sockets.gateway,
      dockerHost: settings.text("dockerHost"),
      tier,
      release: release.id,
      containers: pulumi.output(ids) as pulumi.Output<Partial<Record<Service, string>>>,
      keepWarm: settings.flag("keepWarm"),
      readyTimeout: settings.number("readyTimeout"),
      drainTimeout: settings.number("drainTimeout"),
      workerSettle: settings.number("workerSettle"),
    };
    super(provider, name, inputs, { ...opts, dependsOn: Object.values(release.containers) }, "scani", "Handover");
  }
}
