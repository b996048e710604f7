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
  /** Value of `outputs`, known before anything is declared. */
  readonly remembered: BaseOutputs;
}

/**
 * Reads base's outputs.
 * @throws MissingBase when there is none
 */
export async function referToBase(name: string): Promise<BaseReference> {
  // Read first: a StackReference to a missing stack fails the program with the engine's own words.
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

/** Pulumi's message where it reads a state that it is just writing. */
const halfWritten = /\bfailed to load checkpoint: .*\bEOF\b/;

/** Most times such a state is read, and milliseconds between two. */
const [mostReads, readInterval] = [20, 50];

/**
 * Asks Pulumi's engine about a stack's state, and again where that is being written. The engine writes the state of the
 * stack it brings up meanwhile: it empties a file next to it before writing it, and a read in between ends early. The
 * next moment the file is whole. Source: gocloud.dev/blob/fileblob, `setAttrs`.
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

/** State of this stack in Pulumi, from before this run. */
export interface OwnState {
  /** Outputs that the last successful `up` left; undefined where there was none. */
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Ids of its resources, also of those that a failed `up` made. */
  readonly known: ReadonlySet<string>;
}

/** Type of the resource whose outputs are the stack's. */
const stackType = "pulumi:pulumi:Stack";

/** Reads the state of this stack in Pulumi. Source: pulumi/pkg/resource/deploy/builtins.go. */
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

/** Pulumi's message for a stack that was never created. Source: pulumi/pkg/backend/backend.go, `GetStackOutputs`. */
const neverMade = /: unknown stack "[^"]*"$/;

/**
 * Reads the outputs that the last `up` of another stack left; undefined where there is no such stack.
 * @throws OperatorRunError where Pulumi cannot tell: an unknown answer must not count as no stack
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
