import * as pulumi from "@pulumi/pulumi";
import type { HoldInputs } from "../../host/install/resources";
import type { BaseService } from "./service";

export interface HoldArgs extends Pick<HoldInputs, "install" | "dockerHost"> {
  /** Digests of what services are declared with, for those that may be replaced while requests wait. */
  readonly contents: Readonly<Record<string, pulumi.Output<string>>>;
  /** Subnet of each network that has one, by its Docker name. */
  readonly subnets: Readonly<Record<string, string>>;
  /** Ids of containers that have the names of services and are not Pulumi's. */
  readonly copies: readonly string[];
  /** Gateway the requests wait in: it has to exist, or to have been replaced, before they do. */
  readonly gateway: BaseService;
}

/**
 * Lets requests of a release that serves wait at the gateway while services it needs are replaced. Comes before them;
 * BaseReady, which comes after them, lets the requests through.
 */
export class Hold extends pulumi.CustomResource {
  constructor(name: string, args: HoldArgs, opts?: pulumi.CustomResourceOptions) {
    const { gateway, contents, copies, ...rest } = args;
    const inputs: { [key in keyof HoldInputs]: pulumi.Input<HoldInputs[key]> } = {
      ...rest,
      contents: pulumi.output(contents),
      copies: copies.length === 0 ? undefined : [...copies],
    };
    super("scani-host:base:Hold", name, inputs, { ...opts, dependsOn: [gateway.container] });
  }
}
