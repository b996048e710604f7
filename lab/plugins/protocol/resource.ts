import type { Properties } from "./shape";
import type { Values } from "./values";

/** One resource type: its inputs and operations. Outputs never hold unknown values. */
export interface ResourceType {
  readonly properties: Properties;
  /** True when its `name` is generated if none is given. */
  readonly named: boolean;
  /** True when it must be deleted before its successor is created, unless the program says otherwise. */
  readonly deletedFirst: boolean;
  /** True when its id is also an output, which a program may read. */
  readonly outputsId: boolean;
  /** @throws HalfMade when it exists but not as wanted; any other error when it does not */
  create(inputs: Values): Promise<{ id: string; outputs: Values }>;
  /** Reads its outputs as they are now; undefined when it no longer exists. */
  read(id: string, outputs: Values): Promise<Values | undefined>;
  /** Carries out the changes that do not replace it. @param olds its outputs */
  update(id: string, olds: Values, inputs: Values): Promise<void>;
  /** Deletes the resource, which may already be gone. */
  delete(id: string, outputs: Values): Promise<void>;
}

/** A plugin: its settings, and the resource types it covers. */
export interface Plugin {
  readonly name: string;
  /** Version of the official plugin that it stands in for. */
  readonly version: string;
  /** Settings of the provider resource. */
  readonly settings: Properties;
  /** Types by token, such as `docker:index/volume:Volume`. */
  types(settings: Values): Readonly<Record<string, ResourceType>>;
}

/**
 * Error for a resource that exists although a later step of its creation failed: the engine keeps it, and reports why.
 */
export class HalfMade extends Error {
  constructor(
    readonly id: string,
    readonly outputs: Values,
    cause: Error,
  ) {
    super(cause.message, { cause });
  }
}
