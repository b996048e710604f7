import type { Properties } from "./shape";
import type { Values } from "./values";

/** One resource type: its inputs, and what its plugin does. Outputs never hold unknown values. */
export interface ResourceType {
  readonly properties: Properties;
  /** Its `name` is made up where none is given. */
  readonly named: boolean;
  /** Its successor can only come when it is gone, unless the program says otherwise. */
  readonly deletedFirst: boolean;
  /** Its id is among its outputs too, where a program may read it. */
  readonly outputsId: boolean;
  /** @throws HalfMade when it is there but not as wanted; any other error when it is not */
  create(inputs: Values): Promise<{ id: string; outputs: Values }>;
  /** Its outputs as they are now; undefined when it is gone. */
  read(id: string, outputs: Values): Promise<Values | undefined>;
  /** Carries out the changes that do not replace it. @param olds its outputs */
  update(id: string, olds: Values, inputs: Values): Promise<void>;
  /** One that is gone already is fine. */
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

/** A resource was made, but a later step of its creation failed: the engine keeps it, and says why. */
export class HalfMade extends Error {
  constructor(
    readonly id: string,
    readonly outputs: Values,
    cause: Error,
  ) {
    super(cause.message, { cause });
  }
}
