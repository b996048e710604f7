import * as pulumi from "@pulumi/pulumi";
import { MissingBase } from "./missingBase";
import { upCommand } from "../util/commands";
import { OperatorRunError } from "./operatorError";
import { readPlatform, type Platform, type Sockets } from "../host/install/platform";

/** Base as a tier stack sees it. */
export interface BaseReference {
  readonly platform: pulumi.Output<Platform>;
  readonly sockets: pulumi.Output<Sockets>;
  /** Docker name of the gateway, known before anything is declared. */
  readonly gateway: string;
}

/**
 * Reads base's outputs.
 * @throws MissingBase when there is none
 */
export async function referToBase(name: string): Promise<BaseReference> {
  const full = `${pulumi.getOrganization()}/${pulumi.getProject()}/${name}`;
  // Asked for first: a StackReference to a stack that is not there fails the program with the engine's own words.
  const outputs = await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name: full }, {}).catch(() => {
    throw new MissingBase(name);
  });
  const sockets = outputs?.outputs?.sockets as Partial<Sockets> | undefined;
  if (sockets === undefined) throw new MissingBase(name);
  if (sockets.backups === undefined || sockets.uploads === undefined) {
    throw new OperatorRunError({
      what: "Base was brought up by an earlier version of this module and lacks what a release needs now. Nothing has been touched.",
      type: [upCommand(name), `pulumi up --stack ${name}`],
    });
  }
  const { gateway } = sockets as Sockets;
  const reference = new pulumi.StackReference(name, { name: full });
  return {
    platform: pulumi.secret(reference.requireOutput("platform").apply(readPlatform)),
    sockets: reference.requireOutput("sockets") as pulumi.Output<Sockets>,
    gateway,
  };
}
