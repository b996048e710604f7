import type { Deployment } from "@pulumi/pulumi/automation";

/**
 * A resource as Pulumi's state holds it, as far as it is read here. Source: pulumi/sdk/go/common/apitype, `ResourceV3`.
 */
interface Resource {
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Record<string, unknown>;
}

interface Contents {
  readonly resources?: readonly Resource[];
  readonly pending_operations?: readonly { readonly type: string; readonly resource: Resource }[];
}

/** A container or network that a killed run may have created and that is not in the state. */
export interface OrphanedResource {
  readonly kind: "container" | "network";
  /** Name it was to have. Pulumi chooses it before it makes anything. */
  readonly name: string;
}

/** The operations a killed run left pending in a stack's state. */
export interface PendingOperations {
  readonly count: number;
  readonly orphans: readonly OrphanedResource[];
  /** Ids of everything the state knows. */
  readonly known: ReadonlySet<string>;
  /** Engine the stack is on; undefined for the default. */
  readonly dockerHost?: string;
  /** The state without them. Every run reads what is true on the host anyway. */
  readonly mended: Deployment;
}

const kinds: Readonly<Record<string, OrphanedResource["kind"]>> = {
  "docker:index/container:Container": "container",
  "docker:index/network:Network": "network",
};

/** Reads the operations a killed run left pending in a state; undefined when there are none. Pure. */
export function pendingIn(state: Deployment): PendingOperations | undefined {
  const contents = (state.deployment ?? {}) as Contents;
  const pending = contents.pending_operations ?? [];
  if (pending.length === 0) return undefined;
  const resources = contents.resources ?? [];
  const engine = resources.find(({ type }) => type === "pulumi:providers:docker");
  return {
    count: pending.length,
    orphans: pending.flatMap(({ type, resource }) => {
      const kind = kinds[resource.type];
      const name = resource.inputs?.name;
      return type === "creating" && kind !== undefined && typeof name === "string" ? [{ kind, name }] : [];
    }),
    known: new Set(resources.flatMap(({ id }) => id ?? [])),
    dockerHost: typeof engine?.inputs?.host === "string" ? engine.inputs.host : undefined,
    mended: { ...state, deployment: { ...contents, pending_operations: [] } },
  };
}
