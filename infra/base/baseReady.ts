import * as pulumi from "@pulumi/pulumi";
import type { BaseService } from "./service";
import type { BaseReadyInputs, Connection } from "../../host/install/resources";

export interface BaseReadyArgs {
  readonly install: string;
  readonly dockerHost?: string;
  /** Id of the engine it is on. */
  readonly engine: string;
  readonly services: readonly BaseService[];
  /** Bucket that the gateway routes to the bundled S3 server; undefined where that is somebody else's. */
  readonly bucket?: string;
  readonly postgresData?: string;
  readonly connections: readonly Connection[];
  /** Container that must have ended before the gateway starts. */
  readonly portHolder?: string;
  /** Secret fingerprints kept next to the data of Postgres; secret. Absent where the database is somebody else's. */
  readonly fingerprints?: pulumi.Output<string>;
  /** Resources, besides the containers, that must not be deleted before BaseReady has agreed. */
  readonly after: readonly pulumi.Resource[];
}

/** Starts base's containers and waits until all are ready. Last in the base stack. */
export class BaseReady extends pulumi.CustomResource {
  /** Identity of the database's cluster; undefined where the database is somebody else's. */
  declare readonly cluster: pulumi.Output<string | undefined>;

  constructor(name: string, args: BaseReadyArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs: { [key in keyof BaseReadyInputs]: pulumi.Input<BaseReadyInputs[key]> } = {
      install: args.install,
      dockerHost: args.dockerHost,
      engine: args.engine,
      madeWith: args.fingerprints,
      bucket: args.bucket,
      postgresData: args.postgresData,
      portHolder: args.portHolder,
      connections: args.connections.length === 0 ? undefined : [...args.connections],
      containers: pulumi.output(
        Object.fromEntries(args.services.map(({ service, container }) => [service, container.id])),
      ),
    };
    super(
      "scani-host:base:Standing",
      name,
      { ...inputs, cluster: undefined },
      { ...opts, dependsOn: [...args.after, ...args.services] },
    );
  }
}
