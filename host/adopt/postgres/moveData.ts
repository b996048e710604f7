import { details, type ContainerDetails, type ContainerSummary, type Engine } from "../../engine/engine";
import { discard } from "../../engine/containers/helper";
import { withUnstarted } from "../../engine/containers/unstarted";
import { isLost } from "../../install/facts";
import { networkName } from "../../install/network/addresses";
import { momentaryLabels } from "../../install/leftovers";
import { label } from "../../install/names/labels";
import { postgresDataPath } from "../../install/data/postgresData";
import { dockerFind, dockerStart, dockerStop } from "../../../util/commands";
import { messageOf, OperatorError, type Problem } from "../../../util/operatorError";
import type { Progress } from "../../../util/progress/progress";
import { stopForGood } from "../phases/phase";
import { keeperOf } from "../../install/names/containerName";

/** Place to which the data of an existing Postgres is moved. */
export interface DataHome {
  readonly install: string;
  readonly volume: string;
  /** Folder of the volume. */
  readonly folder: string;
  /** Postgres' image, whose shell moves the data. */
  readonly image: string;
}

/** Returns where the data of a project's Postgres is to be; undefined where the database is managed. Pure. */
export function homeOf(install: string, postgres: Omit<DataHome, "install"> | undefined): DataHome | undefined {
  return postgres && { install, volume: postgres.volume, folder: postgres.folder, image: postgres.image };
}

/** Place of the data: in its folder, in the volume itself, between the two after a kill, or nowhere yet. */
export type DataIs = "in its folder" | "in the volume" | "between" | "nowhere";

/** Path of the volume in the container that moves the data. */
const mounted = postgresDataPath;

/** Returns the folder that holds what has been moved so far. Pure. */
function movingFolder(folder: string): string {
  return `.${folder}.moving`;
}

/** Reads where the data is, through a container that is never started. */
export async function whereIsData(engine: Engine, { install, volume, folder, image }: DataHome): Promise<DataIs> {
  const volumes = [{ name: volume, path: mounted }];
  return withUnstarted(engine, { image, labels: momentaryLabels(install, "reader"), volumes }, async (reader) => {
    const has = async (path: string) => (await engine.readFile(reader, `${mounted}/${path}PG_VERSION`)) !== undefined;
    if (await has(`${folder}/`)) return "in its folder";
    if (await has("")) return "in the volume";
    return (await has(`${movingFolder(folder)}/`)) ? "between" : "nowhere";
  });
}

/**
 * True when there is nothing to move, as in a volume without data, on which base's Postgres begins, and when no former
 * server is left on base's network. A Postgres of base's own that runs on the volume proves that the data has moved without a look into it;
 * a stopped one does not, since the data may have been moved back under it.
 */
export async function isMoved(engine: Engine, home: DataHome): Promise<boolean> {
  if ((await formerServers(engine, home)).length > 0) return false;
  const own = await engine.containers({
    labels: [`${label.install}=${home.install}`, `${label.service}=postgres`],
    volumes: [home.volume],
  });
  if (own.length > 0) return true;
  return ["in its folder", "nowhere"].includes(await whereIsData(engine, home));
}

/**
 * Lists containers, running or not, that have the volume and are still on base's network, besides base's own Postgres:
 * started by mistake, they would answer to its name, and keep its address from it. Dead ones can do neither.
 */
async function formerServers(engine: Engine, { install, volume }: DataHome): Promise<ContainerSummary[]> {
  const there = await engine.containers({ volumes: [volume], network: networkName(install, "data"), all: true });
  return there.filter((one) => one.labels[label.install] === undefined && !isLost(one));
}

/** Lists running containers that use the data, without the one that only keeps its volume from being removed. */
async function usersOf(engine: Engine, { install, volume }: DataHome): Promise<ContainerSummary[]> {
  return (await engine.containers({ volumes: [volume] })).filter(({ name }) => name !== keeperOf(install));
}

/** Takes what has used the data off base's network. */
async function leaveNetwork(engine: Engine, home: DataHome): Promise<void> {
  for (const { id } of await formerServers(engine, home))
    await engine.disconnectNetwork(networkName(home.install, "data"), id);
}

/** True where the project's data has been or is being moved: only this module's Scani has written since. */
export async function hasTakenOver(engine: Engine, home: DataHome): Promise<boolean> {
  const is = await whereIsData(engine, home);
  return is === "in its folder" || is === "between";
}

/**
 * Checks that the data to take over exists.
 * @param home undefined where the database is managed
 * @throws OperatorError where it is in none of its places
 */
export async function expectData(engine: Engine, home: DataHome | undefined): Promise<void> {
  const missing = home === undefined ? undefined : await missingData(engine, home);
  if (missing !== undefined) throw new OperatorError(missing);
}

/** Describes the problem where the data is in none of its places; undefined otherwise. */
export async function missingData(engine: Engine, home: DataHome): Promise<Problem | undefined> {
  return (await whereIsData(engine, home)) === "nowhere" ? noData(home) : undefined;
}

function noData({ volume, folder, image }: DataHome): Problem {
  return {
    what: `The volume ${volume} holds no Postgres data (PG_VERSION), neither itself nor in its folder ${folder}. Nothing has been moved.`,
    why: "A Postgres that is started there would make an empty database. This says where in the volume data is:",
    type: dockerFind(volume, image, "PG_VERSION"),
  };
}

/**
 * Shell script that moves everything in a folder into a folder within it. PG_VERSION goes first: a Postgres that is
 * started on the volume itself from then on finds a folder that is neither its data nor empty, and refuses it.
 */
export const moveScript = [
  "set -e",
  'cd "$1"; part=$2; folder=$3',
  'mkdir -p "$part"',
  '[ ! -e PG_VERSION ] || mv PG_VERSION "$part/"',
  "for entry in * .[!.]*; do",
  '  if [ -e "$entry" ] || [ -L "$entry" ]; then',
  '    case "$entry" in "$part" | lost+found) ;; *) mv "$entry" "$part/" ;; esac',
  "  fi",
  "done",
  'chown "$(stat -c %u:%g "$part/PG_VERSION")" "$part"; chmod 700 "$part"',
  'mv "$part" "$folder"',
].join("\n");

/** Shell script for the reverse. PG_VERSION comes last: no Postgres starts on the volume itself before it is whole. */
export const moveBackScript = [
  "set -e",
  'cd "$1"; part=$2; folder=$3',
  '[ ! -e "$folder" ] || mv "$folder" "$part"',
  'cd "$part"',
  "for entry in * .[!.]*; do",
  '  if [ -e "$entry" ] || [ -L "$entry" ]; then',
  '    [ "$entry" = PG_VERSION ] || mv "$entry" ..',
  "  fi",
  "done",
  "[ ! -e PG_VERSION ] || mv PG_VERSION ..",
  'cd ..; rmdir "$part"',
].join("\n");

/**
 * Moves the data one folder down in its volume, where that is still to be done. What uses the volume is stopped for
 * good, and started again if anything fails before the data moves. Requests are held by then, so nobody notices.
 */
export async function moveData(engine: Engine, home: DataHome, progress: Progress): Promise<void> {
  const is = await whereIsData(engine, home);
  // A run that was killed may have moved it and not come further.
  if (is === "in its folder") return leaveNetwork(engine, home);
  const servers = await usersOf(engine, home);
  if (is === "nowhere") {
    // A volume that nobody uses may be empty, and base's Postgres begins on it. One in use has data that was not found.
    if (servers.length > 0) throw new OperatorError(noData(home));
    return leaveNetwork(engine, home);
  }
  const found = await Promise.all(servers.map(({ id }) => details(engine, id)));
  try {
    for (const { id, name } of found)
      await progress.step(`stop ${name}`, () => stopForGood(engine, id, postgresSeconds));
    await progress.step("move the data one folder down", () => runOn(engine, home, moveScript));
  } catch (error) {
    const isNow = await whereIsData(engine, home).catch(() => undefined);
    throw isNow === "in the volume" ? await startedAgain(engine, found, error) : error;
  }
  await leaveNetwork(engine, home);
}

/**
 * Starts servers that were stopped, with the restart policies they had.
 * @returns the error that made it necessary, with what does not start
 */
async function startedAgain(engine: Engine, servers: readonly ContainerDetails[], error: unknown): Promise<unknown> {
  const failures = await Promise.all(
    servers.map(async ({ id, name, restartPolicy }): Promise<Problem[]> => {
      try {
        await engine.setRestartPolicy(id, restartPolicy);
        await engine.start(id);
        return [];
      } catch (failure) {
        return [{ what: `${name} does not start again: ${messageOf(failure)}`, type: dockerStart(name) }];
      }
    }),
  );
  const left = failures.flat();
  return left.length === 0 ? error : new OperatorError([{ what: messageOf(error) }, ...left], { cause: error });
}

/** Seconds Postgres gets to write everything to the disk when it stops. */
const postgresSeconds = 60;

/** Moves the data back up into the volume itself. Nothing may use it. @throws OperatorError where there is none */
export async function moveDataBack(engine: Engine, home: DataHome): Promise<void> {
  const is = await whereIsData(engine, home);
  if (is === "nowhere") throw new OperatorError(noData(home));
  if (is !== "in the volume") await runOn(engine, home, moveBackScript);
}

/** Runs a script on a volume that no running container has. @throws OperatorError with its words */
async function runOn(engine: Engine, home: DataHome, script: string): Promise<void> {
  const { install, volume, folder, image } = home;
  const users = await usersOf(engine, home);
  if (users.length > 0)
    throw new OperatorError({
      what: `The volume ${volume} is used by ${users.map(({ name }) => name).join(", ")}. Nothing has been moved.`,
      type: dockerStop(...users.map(({ name }) => name)),
    });
  const mover = await engine.create({
    image,
    labels: momentaryLabels(install, "mover"),
    entrypoint: ["sh", "-c", script, "move", mounted, movingFolder(folder), folder],
    command: [],
    network: "none",
    confinement: { SecurityOpt: ["no-new-privileges:true"] },
    volumes: [{ name: volume, path: mounted, writable: true }],
  });
  try {
    await engine.start(mover);
    const exitCode = await engine.wait(mover);
    if (exitCode === 0) return;
    const { name } = await details(engine, mover);
    throw new OperatorError(
      { what: `The data in the volume ${volume} could not be moved (exit code ${exitCode} of ${name})` },
      { logTail: await engine.lastLines(mover, 20) },
    );
  } finally {
    // It has ended: one that cannot be removed says nothing about the data.
    await discard(engine, mover, { volumes: false });
  }
}
