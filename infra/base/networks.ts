import * as pulumi from "@pulumi/pulumi";
import { Network } from "@pulumi/docker/network";
import { baseNetworkTimestamp, type CreationTimestamps } from "../../host/install/creationTimestamps";
import { networkName, type FixedNetwork, type NetworkAddresses } from "../../host/install/addresses";
import { label, labelList } from "../../host/install/labels";

export interface NetworksArgs {
  readonly install: string;
  /** Whether there is a mail catcher. */
  readonly mail: boolean;
  readonly timestamps: CreationTimestamps;
  readonly addresses: Readonly<Record<FixedNetwork, NetworkAddresses>>;
}

/** The networks that outlive every release. */
export class Networks extends pulumi.ComponentResource {
  /** Gateway and whatever it routes to. */
  readonly edge: Network;
  /** Postgres, Redis and storage. No way out: Docker gives it no route. */
  readonly data: Network;
  /** The mail catcher and who sends through it; undefined when mail is external. */
  readonly mail?: Network;
  private readonly byName = new Map<string, Network>();

  constructor(args: NetworksArgs, opts?: pulumi.ComponentResourceOptions) {
    super("scani:base:Networks", "networks", {}, opts);
    const network = (resource: FixedNetwork | "edge", internal: boolean, addresses?: NetworkAddresses) => {
      const name = networkName(args.install, resource);
      const declared = new Network(
        resource,
        {
          name,
          driver: "bridge",
          internal,
          ipamConfigs: addresses && [
            { subnet: addresses.subnet, gateway: addresses.gateway, ipRange: addresses.dynamic },
          ],
          labels: labelList({ [label.install]: args.install, ...baseNetworkTimestamp(args.timestamps, name) }),
        },
        { parent: this, deleteBeforeReplace: true },
      );
      this.byName.set(name, declared);
      return declared;
    };
    this.edge = network("edge", false);
    this.data = network("data", true, args.addresses.data);
    if (args.mail) this.mail = network("mail", false, args.addresses.mail);
    this.registerOutputs({});
  }

  /** Name of one of them, as an output that waits until it is there. */
  named(name: string): pulumi.Output<string> {
    const found = this.byName.get(name);
    if (found === undefined) throw new Error(`base has no network ${name}`);
    return found.name;
  }
}
