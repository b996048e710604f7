import * as pulumi from "@pulumi/pulumi";
import type { BaseService } from "./service";
import type { StandingInputs } from "../../host/install/resources";

export interface StandingArgs {
  readonly install: string;
  readonly dockerHost?: string;
  readonly services: readonly BaseService[];
  /** Bucket that the gateway routes to the bundled S3 server; undefined where that is somebody else's. */
  readonly bucket?: string;
  /** Kept beside the data of Postgres; secret. Absent where the database is somebody else's. */
  readonly madeWith?: pulumi.Output<string>;
  /** What must not be deleted before Standing has agreed, beside the containers. */
  readonly after: readonly pulumi.Resource[];
}

/** Base stands: all of its containers run and are ready. Last in the base stack; starts what somebody stopped. */
export class Standing extends pulumi.CustomResource {
  constructor(name: string, args: StandingArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs: { [key in keyof StandingInputs]: pulumi.Input<StandingInputs[key]> } = {
      install: args.install,
      dockerHost: args.dockerHost,
      madeWith: args.madeWith,
      bucket: args.bucket,
      containers: pulumi.output(
        Object.fromEntries(args.services.map(({ service, container }) => [service, container.id])),
      ),
    };
    super("scani-host:base:Standing", name, inputs, { ...opts, dependsOn: [...args.after, ...args.services] });
  }
}
