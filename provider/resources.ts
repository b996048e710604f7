import type { Context, Handler } from "./handler";
import { changedInputs } from "./inputs";

/** Handlers by the type tokens of their resources. */
export type Handlers = Readonly<Record<string, Handler>>;

/** Inputs or outputs of a resource, by name. */
export type Properties = Readonly<Record<string, unknown>>;

/** Difference between the inputs of a resource and those it was last applied with. */
export interface Difference {
  /** Names of the inputs that differ. */
  readonly changed: readonly string[];
  /** True where the resource has to be applied again, even if no input differs. */
  readonly differs: boolean;
}

/** Operations on a provider's resources, by their URNs and on plain values, independent of the wire protocol. */
export class Resources {
  private loaded: Handlers | undefined;

  /**
   * @param load gives the handlers; called once
   * @param contextOf gives the context of a resource's handler, by the resource's URN
   */
  constructor(
    private readonly load: () => Handlers,
    private readonly contextOf: (urn: string) => Context,
  ) {}

  handlers(): Handlers {
    return (this.loaded ??= this.load());
  }

  /** Returns the id of a resource. */
  id(urn: string, inputs: Properties): string {
    return this.handlerOf(urn).id(inputs);
  }

  /** @param former inputs the resource was last applied with */
  async diff(urn: string, former: Properties, inputs: Properties): Promise<Difference> {
    const handler = this.handlerOf(urn);
    const changed = changedInputs(former, inputs, handler.incidental);
    return { changed, differs: changed.length > 0 || (await handler.differs(inputs, this.contextOf(urn))) };
  }

  /** Makes the host match the inputs. @returns the properties the resource has from then on */
  async apply(urn: string, inputs: Properties): Promise<Properties> {
    const outputs = await this.handlerOf(urn).apply(inputs, this.contextOf(urn));
    return { ...inputs, ...outputs };
  }

  remove(urn: string, inputs: Properties): Promise<void> {
    return this.handlerOf(urn).remove(inputs, this.contextOf(urn));
  }

  private handlerOf(urn: string): Handler {
    const type = typeOf(urn);
    const handler = this.handlers()[type];
    if (handler === undefined) throw new Error(`this provider has no resource of type ${type}`);
    return handler;
  }
}

/** Returns the stack's name in a resource's URN: `urn:pulumi:<stack>::<project>::<parent types$>type::<name>`. Pure. */
export function stackOf(urn: string): string {
  return urn.split("::")[0].replace(/^urn:pulumi:/, "");
}

/** Returns the type token in a resource's URN, without its parents'. Pure. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}
