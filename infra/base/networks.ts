import * as pulumi from "@pulumi/pulumi";
import { Network } from "@pulumi/docker/network";
import { baseNetworkTimestamp, type CreationTimestamps } from "../../host/install/drift/creationTimestamps";
import { networkName, type BaseAddresses, type FixedNetwork } from "../../host/install/network/addresses";
import { label, labelList } from "../../host/install/names/labels";

export interface NetworksArgs {
  readonly install: string;
  /** True where there is a mail catcher. */
  readonly mail: boolean;
  readonly timestamps: CreationTimestamps;
  readonly addresses: Partial<BaseAddresses>;
}

/** Networks that outlive every release. */
export class Networks extends pulumi.ComponentResource {
  private readonly byName = new Map<string, Network>();

  /** Declares the edge network, for the gateway and whatever it routes to. */
  constructor(
    private readonly args: NetworksArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("scani:base:Networks", "networks", {}, opts);
    this.declare("edge", false);
  }

  /**
   * Declares the others: data, for Postgres, Redis and storage, without a way out, since Docker gives it no route; and
   * mail, for the mail catcher and what sends through it, unless mail is external.
   * @param hold comes before any of them is replaced, and with it everything on it
   */
  declareFixed(hold: pulumi.Resource): void {
    this.declare("data", true, hold);
    if (this.args.mail) this.declare("mail", false, hold);
    this.registerOutputs({});
  }

  private declare(role: FixedNetwork | "edge", internal: boolean, hold?: pulumi.Resource): void {
    const { install, timestamps, addresses } = this.args;
    const name = networkName(install, role);
    const own = role === "edge" ? undefined : addresses[role];
    const network = new Network(
      role,
      {
        name,
        driver: "bridge",
        internal,
        ipamConfigs: own && [{ subnet: own.subnet, gateway: own.gateway, ipRange: own.dynamic }],
        labels: labelList({ [label.install]: install, ...baseNetworkTimestamp(timestamps, name) }),
      },
      { parent: this, deleteBeforeReplace: true, dependsOn: hold },
    );
    this.byName.set(name, network);
  }

  /** Returns the name of one of them, as an output that waits until it exists. */
  named(name: string): pulumi.Output<string> {
    const found = this.byName.get(name);
    if (found === undefined) throw new Error(`base has no network ${name}`);
    return found.name;
  }
}
