import * as pulumi from "@pulumi/pulumi";
import { Network } from "@pulumi/docker/network";
import { baseNetworkTimestamp, type CreationTimestamps } from "../../host/install/creationTimestamps";
import { label, labelList } from "../../host/install/labels";

export interface NetworksArgs {
  readonly install: string;
  /** Whether there is a mail catcher. */
  readonly mail: boolean;
  readonly timestamps: CreationTimestamps;
}

/** The networks that outlive every release. */
export class Networks extends pulumi.ComponentResource {
  /** Gateway and whatever it routes to. */
  readonly edge: Network;
  /** Postgres, Redis and storage. No way out: Docker gives it no route. */
  readonly data: Network;
  /** The mail catcher and who sends through it; undefined when mail is external. */
  readonly mail?: Network;

  constructor(args: NetworksArgs, opts?: pulumi.ComponentResourceOptions) {
    super("scani:base:Networks", "networks", {}, opts);
    const network = (resource: string, internal: boolean) => {
      const name = `${args.install}-${resource}`;
      return new Network(
        resource,
        {
          name,
          driver: "bridge",
          internal,
          labels: labelList({ [label.install]: args.install, ...baseNetworkTimestamp(args.timestamps, name) }),
        },
        { parent: this, deleteBeforeReplace: true },
      );
    };
    this.edge = network("edge", false);
    this.data = network("data", true);
    if (args.mail) this.mail = network("mail", false);
    this.registerOutputs({});
  }
}
