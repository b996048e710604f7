import * as pulumi from "@pulumi/pulumi";
import type { DataMoveInputs } from "../../host/install/resources";

/**
 * Moves the data of an existing Postgres into a folder of its volume before base's own Postgres is created. Where it is
 * not there yet, requests are held, containers that use the volume are stopped, and the data is moved.
 */
export class DataMove extends pulumi.CustomResource {
  constructor(name: string, args: DataMoveInputs, opts?: pulumi.CustomResourceOptions) {
    super("scani-host:base:DataMove", name, { ...args }, opts);
  }
}
