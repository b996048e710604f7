import { settingNamed } from "../../../settings";
import type { ComposeContainer } from "./project";
import type { StackValues } from "./variables";

/** Settings of memory limits, MiB. */
export type MemorySetting = "postgresMemory" | "apiMemory" | "workerMemory";

/** Postgres' own defaults, MiB; base's memory limit covers them. */
const defaults = { shared_buffers: 128, maintenance_work_mem: 64, work_mem: 4 } as const;

/** Sizes a Postgres is set to, bytes by setting; one that is not known is the default. */
export type PostgresSizes = Readonly<Partial<Record<keyof typeof defaults, number>>>;

const mebibyte = 2 ** 20;

/** Most connections that sort at the same time: each of Scani's services has a pool of that many. */
const sorting = 20;

/**
 * Returns the MiB a Postgres with these sizes needs: base's default, and for each size what it is above Postgres'
 * default. Pure.
 */
function postgresNeeds(given: PostgresSizes): number {
  const above = (size: keyof typeof defaults) => Math.max(0, (given[size] ?? 0) / mebibyte - defaults[size]);
  const more = above("shared_buffers") + above("maintenance_work_mem") + sorting * above("work_mem");
  return fallbackOf("postgresMemory") + Math.ceil(more);
}

/**
 * Returns memory limits that have to be above the defaults: a container's own in the project, else by Postgres' sizes.
 * Limits the operator has chosen stay. Pure.
 */
export function memorySettings(
  { api, worker, postgres }: Readonly<Partial<Record<"api" | "worker" | "postgres", ComposeContainer>>>,
  given: PostgresSizes,
  chosen: Readonly<Partial<Record<MemorySetting, string>>>,
): { readonly base: StackValues; readonly tiers: StackValues } {
  const larger = (name: MemorySetting, needed: number | undefined): StackValues =>
    needed === undefined || needed <= fallbackOf(name) || chosen[name] !== undefined ? {} : { [name]: String(needed) };
  return {
    base: larger("postgresMemory", postgres && (limitOf(postgres) ?? postgresNeeds(given))),
    tiers: { ...larger("apiMemory", limitOf(api)), ...larger("workerMemory", limitOf(worker)) },
  };
}

/** Returns the memory limits of an install's own containers that are not the defaults. Pure. */
export function memoryOf(
  containers: Readonly<Partial<Record<"api" | "worker" | "postgres", Pick<ComposeContainer, "memory">>>>,
): { readonly base: StackValues; readonly tiers: StackValues } {
  const other = (name: MemorySetting, limit: number | undefined): StackValues =>
    limit === undefined || limit === fallbackOf(name) ? {} : { [name]: String(limit) };
  const { api, worker, postgres } = containers;
  return {
    base: other("postgresMemory", limitOf(postgres)),
    tiers: { ...other("apiMemory", limitOf(api)), ...other("workerMemory", limitOf(worker)) },
  };
}

/** Returns the MiB a container may have; undefined without a limit. */
function limitOf(one: Pick<ComposeContainer, "memory"> | undefined): number | undefined {
  return one?.memory === undefined ? undefined : Math.ceil(one.memory / mebibyte);
}

function fallbackOf(name: MemorySetting): number {
  return Number(settingNamed(name).fallback);
}
