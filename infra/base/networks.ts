import * as pulumi from "@pulumi/pulumi";
import { Network } from "@pulumi/docker/network";
import { label, labelList } from "../../host/install/labels";

/** The networks that outlive every release. */
export class Networks extends pulumi.ComponentResource {
  /** Gateway and whatever it routes to. */
  readonly edge: Network;
  /** Postgres, Redis and storage. No way out: Docker gives it no route. */
  readonly data: Network;
  /** The mail catcher and who sends through it; undefined when mail is external. */
  readonly mail?: Network;

  constructor(args: { install: string; mail: boolean }, opts?: pulumi.ComponentResourceOptions) {
    super("scani:base:Networks", "networks", {}, opts);
    const network = (name: string, internal: boolean) =>
      new Network(
        name,
        {
          name: `${args.install}-${name}`,
          driver: "bridge",
          internal,
          labels: labelList({ [label.install]: args.install }),
        },
        { parent: this, deleteBeforeReplace: true },
      );
    this.edge = network("edge", false);
    this.data = network("data", true);
    if (args.mail) this.mail = network("mail", false);
    this.registerOutputs({});
  }
}
