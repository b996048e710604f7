import * as pulumi from "@pulumi/pulumi";
import type { DataMoveInputs } from "../../host/install/resources";

/**
 * The data of an existing Postgres is in a folder of its volume before base's own Postgres is made. Where it is not yet,
 * requests are held, whoever uses the volume is stopped, and the data is moved.
 */
export class DataMove extends pulumi.CustomResource {
  constructor(name: string, args: DataMoveInputs, opts?: pulumi.CustomResourceOptions) {
    super("scani-host:base:DataMove", name, { ...args }, opts);
  }
}
