import * as pulumi from "@pulumi/pulumi";
import { setTimeout as pause } from "node:timers/promises";
import { MissingBase } from "./missingBase";
import { rawUpCommand, upCommand } from "../util/commands";
import { messageOf } from "../util/operatorError";
import { OperatorRunError } from "./operatorError";
import { readPlatform, type Platform, type BaseOutputs } from "../host/install/platform";

/** Base as a tier stack sees it. */
export interface BaseReference {
  readonly platform: pulumi.Output<Platform>;
  readonly outputs: pulumi.Output<BaseOutputs>;
  /** As `outputs`, known before anything is declared. */
  readonly remembered: BaseOutputs;
}

/**
 * Reads base's outputs.
 * @throws MissingBase when there is none
 */
export async function referToBase(name: string): Promise<BaseReference> {
  // Asked for first: a StackReference to a stack that is not there fails the program with the engine's own words.
  const remembered = (await rememberedOutputs(name))?.sockets as Partial<BaseOutputs> | undefined;
  if (remembered === undefined) throw new MissingBase(name);
  if (remembered.backups === undefined || remembered.uploads === undefined) {
    throw new OperatorRunError({
      what: "Base was brought up by an earlier version of this module and lacks what a release needs now. Nothing has been touched.",
      type: [upCommand(name), rawUpCommand(name)],
    });
  }
  const reference = new pulumi.StackReference(name, { name: fullName(name) });
  return {
    platform: pulumi.secret(reference.requireOutput("platform").apply(readPlatform)),
    outputs: reference.requireOutput("sockets") as pulumi.Output<BaseOutputs>,
    remembered: remembered as BaseOutputs,
  };
}

/** What Pulumi says where it reads a state that it writes at that moment. */
const halfWritten = /\bfailed to load checkpoint: .*\bEOF\b/;

/** Times such a state is read, and milliseconds between two. */
const [mostReads, readInterval] = [20, 50];

/**
 * Asks Pulumi's engine about a stack's state. Of the stack that is being brought up it writes that state meanwhile: a file
 * beside it is emptied first and then written, and whoever reads in between is told it ended early. The next moment it is
 * whole. Source: gocloud.dev/blob/fileblob, `setAttrs`.
 */
async function ask(token: string, input: pulumi.Inputs): Promise<{ readonly outputs?: unknown } | undefined> {
  for (let reads = 1; ; reads += 1)
    try {
      return (await pulumi.runtime.invoke(token, input, {})) as { readonly outputs?: unknown } | undefined;
    } catch (error) {
      if (reads === mostReads || !halfWritten.test(messageOf(error))) throw error;
      await pause(readInterval);
    }
}

/** What Pulumi's state of this stack holds, from before this run. */
export interface OwnState {
  /** What the last `up` that ended well left in the stack's outputs; undefined where there was none. */
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Ids of its resources, also of those that a failed `up` made. */
  readonly known: ReadonlySet<string>;
}

/** Type of the resource whose outputs are the stack's. */
const stackType = "pulumi:pulumi:Stack";

/** Reads what Pulumi's state of this stack holds. Source: pulumi/pkg/resource/deploy/builtins.go. */
export async function ownState(): Promise<OwnState> {
  const stackName = fullName(pulumi.getStack());
  const answer = await ask("pulumi:pulumi:readStackResourceOutputs", { stackName });
  const resources = Object.values(answer?.outputs ?? {}) as readonly {
    readonly type: string;
    readonly outputs: Readonly<Record<string, unknown>>;
  }[];
  return {
    outputs: resources.find(({ type }) => type === stackType)?.outputs,
    known: new Set(resources.map(({ outputs }) => outputs.id).filter((id) => typeof id === "string")),
  };
}

/** What Pulumi says of a stack that was never made. Source: pulumi/pkg/backend/backend.go, `GetStackOutputs`. */
const neverMade = /: unknown stack "[^"]*"$/;

/**
 * What the last `up` of another stack left in its outputs; undefined where there is no such stack.
 * @throws OperatorRunError where Pulumi cannot say: what is not known is not taken for nothing
 */
export async function rememberedOutputs(stack: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const answer = await ask("pulumi:pulumi:readStackOutputs", { name: fullName(stack) }).catch(({ message }: Error) => {
    if (neverMade.test(message.trimEnd())) return undefined;
    throw new OperatorRunError({
      what: `Pulumi does not say what stack ${stack} holds. Nothing has been touched.`,
      why: message,
    });
  });
  return answer?.outputs as Readonly<Record<string, unknown>> | undefined;
}

function fullName(stack: string): string {
  return `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
}
