import type { ContainerDetails } from "../engine/engine";
import { describeShortcomings, servingOf, type Serving } from "../install/facts";
import { readFacts } from "../install/readFacts";
import { environmentIn } from "../install/services/environment";
import { adoptCommand, dockerRemoveVolume, upCommand } from "../../util/commands";
import { isPathWithin } from "../../util/files/pathWithin";
import type { Problem } from "../../util/operatorError";
import { listed } from "./notes";
import { phasesOf } from "./phases";
import { isTakenOver } from "./phases/files";
import { readPhase, type AdoptRun } from "./phases/phase";
import { retired, RetirePhase } from "./phases/takeOver";

/** State of an adoption whose way back is to be given up. */
export interface Settling {
  /** First thing to do before compose's part is this module's, in a plan's words; undefined where there is none. */
  readonly open?: string;
  readonly serving: Serving;
}

/** Reads what is left to do and what serves. */
export async function readSettling(run: AdoptRun): Promise<Settling> {
  const { engine, install } = run;
  return { open: await openIn(run), serving: servingOf(await readFacts(engine, install)) };
}

/**
 * Describes the first phase that is not done. After the takeover only containers of compose's that run, or will again,
 * are left to stop: the rest is this module's own.
 */
async function openIn(run: AdoptRun): Promise<string | undefined> {
  const isTaken = await isTakenOver(run);
  const phases = isTaken ? [new RetirePhase()] : phasesOf(run.record);
  for (const phase of phases) if ((await readPhase(phase, run)).done !== true) return phase.describe(run.record);
  return isTaken ? undefined : "compose's part has not been taken over";
}

/**
 * Returns the reason not to give up the way back, where something would be lost by it. Shortcomings of this module's
 * own Scani are no reason while it serves, except base's where files are removed. Pure.
 * @param removesFiles whether compose's volume of files goes too
 */
export function settlingProblem(
  { open, serving }: Settling,
  { record: { project }, stacks }: Pick<AdoptRun, "record" | "stacks">,
  removesFiles: boolean,
): Problem | undefined {
  const goOn = adoptCommand(project, "--yes");
  if (open !== undefined)
    return { what: `The adoption of ${project} is not over: ${open}. Nothing has been touched.`, type: goOn };
  if (serving.is !== "serving")
    return {
      what: `This module's Scani does not serve${"why" in serving ? ` (${serving.why})` : ""}, and compose's containers are the way back. Nothing has been touched.`,
      why: "The first command has it serve again, the second gives everything back.",
      type: [goOn, adoptCommand(project, "--back", "--yes")],
    };
  const ofBase = serving.shortcomings.filter((one) => one.of === "base");
  if (!removesFiles || ofBase.length === 0) return undefined;
  return {
    what: `This module's Scani serves${describeShortcomings(ofBase)}, and the files of compose's S3 server are not removed before its own is well. Nothing has been touched.`,
    type: upCommand(stacks.names.base),
  };
}

/** Returns the shortcomings of this module's Scani while it serves; undefined without any. Pure. */
export function settlingNote(
  { serving }: Pick<Settling, "serving">,
  { stacks }: Pick<AdoptRun, "stacks">,
): Problem | undefined {
  if (serving.is !== "serving" || serving.shortcomings.length === 0) return undefined;
  const { release, shortcomings } = serving;
  const isOfBase = shortcomings.some((one) => one.of === "base");
  return {
    what: `This module's Scani serves${describeShortcomings(shortcomings)}.`,
    type: [...(isOfBase ? [upCommand(stacks.names.base)] : []), upCommand(stacks.names[release.tier])],
  };
}

/** Volumes of compose's S3 server. */
interface OldFiles {
  /** Volumes that hold its files; undefined where that cannot be told. */
  readonly volumes?: readonly string[];
  /** Volumes that hold its files and that no other container uses. */
  readonly removable: readonly string[];
  /** Volumes that stay, each with the reason. */
  readonly kept: readonly string[];
  /** Volumes that may hold its files. */
  readonly unclear: readonly string[];
  /** Volumes that hold its files and, for a reason, may hold more. */
  readonly held?: { readonly volumes: readonly string[]; readonly why: string };
}

/** Reads which volumes of compose's S3 server go with its files. Once its container is gone they are in the record. */
export async function readOldFiles({ engine, record }: Pick<AdoptRun, "engine" | "record">): Promise<OldFiles> {
  const server = await engine.inspect(record.objectStore ?? "");
  const mounts = (server?.mounts ?? []).filter(({ type }) => type === "volume");
  const volumes = record.fileVolumes ?? (server === undefined ? [] : fileVolumesOf(server));
  if (volumes === undefined) return { removable: [], kept: [], unclear: mounts.map(({ source }) => source) };
  const removed = retired(record);
  const found = await Promise.all(
    volumes.map(async (volume) => {
      const users = (await engine.containers({ volumes: [volume], all: true })).map(({ name }) => name);
      return { volume, others: users.filter((name) => !removed.includes(name)) };
    }),
  );
  const free = found.filter(({ others }) => others.length === 0).map(({ volume }) => volume);
  const why = restOf(record);
  return {
    volumes,
    removable: why === undefined ? free : [],
    held: why === undefined || free.length === 0 ? undefined : { volumes: free, why },
    kept: [
      ...found
        .filter(({ others }) => others.length > 0)
        .map(({ volume, others }) => `${volume} (also of ${others.join(", ")})`),
      ...mounts
        .filter(({ source }) => !volumes.includes(source))
        .map(({ source, path }) => `${source} (no files of Scani's: it is ${path})`),
    ],
    unclear: [],
  };
}

/** Describes what compose's S3 server has, or may have, besides the copied files; undefined where that is nothing. Pure. */
function restOf({ uncopied, objectStore }: Pick<AdoptRun["record"], "uncopied" | "objectStore">): string | undefined {
  if (uncopied?.buckets === undefined) return `whether ${objectStore} has other buckets than Scani's could not be told`;
  if (uncopied.buckets.length > 0)
    return `${objectStore} also has the ${listed("bucket", uncopied.buckets)}, which nothing has copied`;
  return uncopied.isVersioned
    ? `${objectStore} may hold former versions of the files, which nothing has copied`
    : undefined;
}

/** Explains why volumes of compose's S3 server stay, and how to remove one; undefined without any. Pure. */
export function heldNote({ held }: Pick<OldFiles, "held">): Problem | undefined {
  if (held === undefined) return undefined;
  return {
    what: `The ${listed("volume", held.volumes)} ${held.volumes.length === 1 ? "stays" : "stay"}: ${held.why}.`,
    why: "Once compose's containers are gone and you need nothing of it, this removes it:",
    type: held.volumes.map(dockerRemoveVolume),
  };
}

/** Explains which volumes may hold the files of compose's S3 server, and how to remove one; undefined without any. Pure. */
export function unclearNote({ unclear }: Pick<OldFiles, "unclear">, server = ""): Problem | undefined {
  if (unclear.length === 0) return undefined;
  return {
    what: `Which volumes of ${server} hold its files cannot be told from its command and environment, so they stay: ${unclear.join(", ")}.`,
    why: "A volume you know to hold nothing but the files can be removed once compose's containers are gone:",
    type: unclear.map(dockerRemoveVolume),
  };
}

/**
 * Returns the volumes an S3 server has its files in: those that its paths lie on. Pure.
 * @returns undefined where none of the paths is on a mount, so that it keeps its files by other means
 */
export function fileVolumesOf(
  server: Pick<ContainerDetails, "entrypoint" | "arguments" | "environment" | "mounts">,
): string[] | undefined {
  const found = filePathsOf(server).flatMap((path) => {
    const under = server.mounts.filter((mount) => isPathWithin(path, mount.path));
    return under.sort((one, other) => other.path.length - one.path.length).slice(0, 1);
  });
  if (found.length === 0) return undefined;
  return [...new Set(found.filter(({ type }) => type === "volume").map(({ source }) => source))];
}

/**
 * Returns the paths of an S3 server's files: of its command, as in `minio server /data`, or else of its environment, or
 * else `/data`.
 */
function filePathsOf({
  entrypoint,
  arguments: words,
  environment,
}: Pick<ContainerDetails, "entrypoint" | "arguments" | "environment">): string[] {
  const all = [...entrypoint, ...words].flatMap((word) => word.split(/\s+/));
  const after = all.includes("server") ? all.slice(all.indexOf("server") + 1) : [];
  // The path after an option, as after `--certs-dir`, is that option's.
  const named = after.filter((word, at) => word.startsWith("/") && !/^--?[^=]+$/.test(after[at - 1] ?? ""));
  const { MINIO_VOLUMES = "", MINIO_DATA_DIR = "" } = environmentIn(environment);
  const set = `${MINIO_VOLUMES} ${MINIO_DATA_DIR}`.split(/\s+/).filter((word) => word.startsWith("/"));
  return [named, set, ["/data"]].find((paths) => paths.length > 0)?.flatMap(expandPath) ?? [];
}

/** Expands MinIO's notation of several folders: `/mnt/disk{1...4}`. */
function expandPath(path: string): string[] {
  const [range, first, last] = /\{(\d+)\.\.\.(\d+)\}/.exec(path) ?? [];
  if (range === undefined) return [path];
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) =>
    path.replace(range, String(Number(first) + at).padStart(first.length, "0")),
  ).flatMap(expandPath);
}
