import { posix } from "node:path";
import { z } from "zod";
import { adoptCommand, dockerForceRemove, dockerRemoveVolume, statusCommand } from "../../util/commands";
import { OperatorError, type Problem } from "../../util/operatorError";
import { isRefused, type Engine } from "../engine/engine";
import { withUnstarted } from "../engine/containers/unstarted";
import { isLost } from "../install/facts";
import { keeperOf } from "../install/names/containerName";
import { momentaryLabels } from "../install/leftovers";
import { label } from "../install/names/labels";
import type { Uncopied } from "./objects";
import type { Adoption } from "./plan";
import { runningFirst, type ComposeProject } from "./compose/project";

/** Parts of a plan that are recorded, each by name, since its settings and its S3 server hold secrets. */
const recorded = [
  ...(["project", "install", "tier", "postgres", "scani", "replaced", "objectStore"] as const),
  ...(["tags", "frontNetworks", "frontNames", "port", "notes"] as const),
] as const satisfies readonly (keyof Adoption)[];

/** Parts of a project by which compose's commands find its files. Only its containers say them. */
const placing = ["folder", "files", "envFiles", "version"] as const satisfies readonly (keyof ComposeProject)[];

/** State of an adoption that any machine needs to go on with it. Holds no secrets: those are in the settings. */
export interface AdoptionRecord extends Pick<Adoption, (typeof recorded)[number]> {
  /** When it began, ISO 8601. */
  readonly at: string;
  /** Restart policies the project's containers had, by name. */
  readonly restartPolicies: Readonly<Record<string, string>>;
  /** Services of the project's containers in its compose file, by name. */
  readonly services: Readonly<Record<string, string>>;
  /** True once the operator was told that the gateway serves, and what to point at it. */
  readonly announced: boolean;
  /**
   * Set once compose's Scani and S3 server have been stopped for good, and the files copied for the last time. Only
   * with a managed database, where nothing on the engine shows it.
   */
  readonly takenOver?: true;
  /**
   * Stage of a way back that can no longer be reversed: the data is compose's again, or about to be, and then all files
   * are too.
   */
  readonly givenBack?: "data" | "files";
  /** What that server had besides the copied files when it stopped; undefined where it could not be asked. */
  readonly uncopied?: Uncopied;
  /** With `givenBack`: true where this module's bucket has nothing the project's lacks, or has had deleted since. */
  readonly filesCompared?: boolean;
  /** Volumes with the files of the project's S3 server; absent where that did not say. */
  readonly fileVolumes?: readonly string[];
  /** Where compose finds the project's files; absent in a record of an earlier version. */
  readonly place?: Pick<ComposeProject, (typeof placing)[number]>;
}

/** Returns the record an adoption begins with. Pure. @param at when, ISO 8601 */
export function beginRecord(adoption: Adoption, project: ComposeProject, at: string): AdoptionRecord {
  const { containers } = project;
  return {
    ...(Object.fromEntries(recorded.map((name) => [name, adoption[name]])) as Pick<
      Adoption,
      (typeof recorded)[number]
    >),
    place: placeOf(project),
    at,
    restartPolicies: Object.fromEntries(containers.map(({ name, restartPolicy }) => [name, restartPolicy])),
    services: Object.fromEntries(containers.map(({ name, service }) => [name, service])),
    announced: false,
  };
}

/** Returns where compose finds a project's files. Pure. */
export function placeOf(project: ComposeProject): NonNullable<AdoptionRecord["place"]> {
  return Object.fromEntries(placing.map((name) => [name, project[name]])) as NonNullable<AdoptionRecord["place"]>;
}

/**
 * Returns a record with the names the project's containers have now. Compose recreates a container under another name
 * where its version or the file's `container_name` changes; then its service identifies it. Containers that are gone
 * keep their names. Pure.
 */
export function withPresentNames(
  record: AdoptionRecord,
  { containers }: Pick<ComposeProject, "containers">,
): AdoptionRecord {
  const { services, postgres, objectStore } = record;
  const present = (name: string): string =>
    containers.some((one) => one.name === name)
      ? name
      : (runningFirst(containers).find(({ service }) => service === services[name])?.name ?? name);
  const keys = <T extends object>(values: T): T =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [present(name), value])) as T;
  return {
    ...record,
    scani: Object.fromEntries(Object.entries(record.scani).map(([service, name]) => [service, present(name)])),
    postgres: postgres && { ...postgres, container: present(postgres.container) },
    objectStore: objectStore && present(objectStore),
    replaced: record.replaced.map(present),
    restartPolicies: keys(record.restartPolicies),
    services: keys(services),
  };
}

/** True where the gateway takes the page's own port over, instead of listening on another one. Pure. */
export function takesPort({ port }: Pick<AdoptionRecord, "port">): boolean {
  return port.then === port.now;
}

/** Path of the record: in a volume of its own, since it is there before there is a gateway. */
const path = "/adoption";
const file = `${path}/adoption.json`;

function volumeOf(install: string): string {
  return `${install}-adoption`;
}

/** Shape of a record, as far as it is always there. */
const shape = z.looseObject({
  project: z.string(),
  install: z.string(),
  tier: z.enum(["tier1", "tier2"]),
  scani: z.record(z.string(), z.string()),
  replaced: z.array(z.string()),
  port: z.object({ now: z.number().optional(), then: z.number() }),
  at: z.string(),
  restartPolicies: z.record(z.string(), z.string()),
  services: z.record(z.string(), z.string()),
  announced: z.boolean(),
});

/** Parses a record; undefined where it is none. Pure. */
function parseRecord(text: string): AdoptionRecord | undefined {
  try {
    return shape.parse(JSON.parse(text)) as unknown as AdoptionRecord;
  } catch {
    return undefined;
  }
}

/**
 * Reads the record; undefined where nothing is being adopted.
 * @param image any image on the engine
 * @throws OperatorError where the volume is there and the record in it is missing or unreadable
 */
export async function readRecord(engine: Engine, install: string, image: string): Promise<AdoptionRecord | undefined> {
  if (!(await hasRecord(engine, install))) return undefined;
  return withVolume(engine, install, image, async (container) => {
    const text = await engine.readFile(container, file);
    const record = text === undefined ? undefined : parseRecord(text);
    if (record === undefined) throw unreadable(install, text === undefined ? "is missing from" : "is cut short in");
    return record;
  });
}

function unreadable(install: string, fault: string): OperatorError {
  const volume = volumeOf(install);
  return new OperatorError({
    what: `The record of what ${install} adopts (${posix.basename(file)}) ${fault} the volume ${volume}.`,
    why: [
      "Only it says how compose's containers were and where their data has been moved, so nothing is continued, given back or settled without it. A copy of the file can be put there again.",
      "Without one: the first says what serves. Where that is this install, the others give up the record and with it the way back; compose's containers and volumes stay as they are.",
    ].join("\n"),
    type: [statusCommand(), dockerForceRemove(keeperOf(install)), dockerRemoveVolume(volume)],
  });
}

/** Writes the record, whole or not at all. @param labels further ones of the volume, and of the container that has it */
export async function writeRecord(
  engine: Engine,
  record: AdoptionRecord,
  image: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const { install } = record;
  await engine.createVolume(volumeOf(install), { [label.install]: install, ...labels });
  await withVolume(engine, install, image, (container) =>
    engine.writeFile(container, file, `${JSON.stringify(record, undefined, 1)}\n`),
  );
  await keepInUse(engine, record, image);
}

/** Seconds for which that container runs: the largest signed 32-bit number. */
const forEver = 2 ** 31 - 1;

/** What tells which volumes of an adoption have to be kept in use. */
type Kept = Pick<AdoptionRecord, "install"> & Partial<Pick<AdoptionRecord, "postgres">>;

/** Reads the container that keeps an adoption's volumes in use, the volumes it is to have, and those it lacks. */
async function readKeeper(engine: Engine, { install, postgres }: Kept) {
  const data = postgres?.volume ?? "";
  const volumes = [
    { name: volumeOf(install), path },
    // Docker would make one that is gone anew, empty.
    ...((await engine.hasVolume(data)) ? [{ name: data, path: "/data" }] : []),
  ];
  const there = await engine.inspect(keeperOf(install));
  const lacking = volumes.filter((one) => !there?.mounts.some(({ source }) => source === one.name));
  return { there, volumes, lacking: lacking.map(({ name }) => name) };
}

/**
 * Returns why nothing keeps an adoption's volumes in use, to end a sentence that begins with the keeper's name; undefined
 * while it does. Operators stop or remove a container that seems to do nothing.
 */
export async function keeperFault(engine: Engine, kept: Kept): Promise<string | undefined> {
  const { there, lacking } = await readKeeper(engine, kept);
  if (there === undefined) return "is gone";
  if (there.state !== "running") return `is ${there.state}`;
  return lacking.length === 0 ? undefined : `does not have ${lacking.join(" and ")}`;
}

/**
 * Describes that nothing keeps an adoption's volumes in use; undefined without a fault. Pure.
 * @param record undefined where it has not been read
 */
export function keeperProblem(
  install: string,
  fault: string | undefined,
  record?: AdoptionRecord,
): Problem | undefined {
  if (fault === undefined) return undefined;
  return {
    what: `${keeperOf(install)}, which keeps volumes of the adoption from being removed, ${fault}.`,
    why: `A prune of the engine's volumes, or compose where it takes the project down with its volumes, would delete them, also under a release that serves. This ${record === undefined ? "says what has" : "has"} it keep them again:`,
    type: record === undefined ? adoptCommand("--status") : sameAgain(record),
  };
}

/** Returns the command that goes on with an adoption as it was begun, or with its way back. Pure. */
function sameAgain(record: AdoptionRecord): string {
  const { project, port, givenBack } = record;
  if (givenBack !== undefined) return adoptCommand(project, "--back", "--yes");
  return adoptCommand(project, ...(takesPort(record) ? [] : ["--port", String(port.then)]), "--yes");
}

/**
 * Keeps a container running that has the volume. Others have it for moments only, and `docker system prune` removes the
 * containers that do not run, then the volumes that no container has. It has the data's volume too, which until it is
 * moved only compose's Postgres has: `docker compose down -v` would delete it under a release that serves.
 */
export async function keepInUse(engine: Engine, record: AdoptionRecord, image: string): Promise<void> {
  const { install } = record;
  const name = keeperOf(install);
  const { there, volumes, lacking } = await readKeeper(engine, record);
  const hasAll = lacking.length === 0;
  if (there?.state === "running" && hasAll) return;
  const isUseless = there !== undefined && (isLost(there) || !hasAll);
  // One that the engine fails to remove has the volume all the same.
  if (isUseless && !(await isRemoved(engine, name))) return;
  if (there === undefined || isUseless) {
    const volume = (await engine.volumes([label.install])).find(({ name: one }) => isRecordOf(install, one));
    await engine.create({
      name,
      image,
      labels: { [label.install]: install, ...volume?.labels },
      entrypoint: ["sleep"],
      command: [String(forEver)],
      noHealthCheck: true,
      network: "none",
      init: true,
      confinement: { CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges:true"], ReadonlyRootfs: true },
      volumes,
    });
  }
  await engine.setRestartPolicy(name, "unless-stopped");
  // Without compose's containers the image may be one without `sleep`.
  await engine.start(name).catch((error: unknown) => {
    if (!isRefused(error)) throw error;
  });
}

/** Removes a container. @returns false where the engine refuses to */
async function isRemoved(engine: Engine, name: string): Promise<boolean> {
  try {
    await engine.remove(name);
    return true;
  } catch (error) {
    if (!isRefused(error)) throw error;
    return false;
  }
}

/** True while something is being adopted. */
export function hasRecord(engine: Engine, install: string): Promise<boolean> {
  return engine.hasVolume(volumeOf(install));
}

/** True for the volume the record of an install is in. Pure. */
export function isRecordOf(install: string, volume: string): boolean {
  return volume === volumeOf(install);
}

/** Removes the record, and first the containers on its volume, which may be left from killed runs. */
export async function removeRecord(engine: Engine, install: string): Promise<void> {
  for (const { id } of await engine.containers({ volumes: [volumeOf(install)], all: true })) await engine.remove(id);
  await engine.removeVolume(volumeOf(install));
}

/** Does work with a container that has the volume and never runs. */
function withVolume<T>(
  engine: Engine,
  install: string,
  image: string,
  work: (container: string) => Promise<T>,
): Promise<T> {
  const volumes = [{ name: volumeOf(install), path, writable: true }];
  return withUnstarted(engine, { image, labels: momentaryLabels(install, "reader"), volumes }, work);
}
