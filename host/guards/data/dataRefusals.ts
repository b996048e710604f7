import { setCommand, howToSet } from "../../../settings";
import { newerTools } from "../../backup/dump";
import { dockerPsql, dockerStop } from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";
import { anyOpens } from "../../scani/credentials";
import { opens } from "../../scani/envelope";
import type { Evidence } from "./evidence";
import type { DataPlace } from "../../install/data/dataPlace";
import { postgresDataPath } from "../../install/data/postgresData";
import { matchesVerifier } from "./passwordVerifier";
import type { DataSecrets } from "./secretFingerprints";
import type { Libc } from "./postgresLibc";

/** Settings that a stack is about to use on the data. */
export interface Intent {
  readonly place: DataPlace;
  /** Undefined where nobody gave it and it is yet to be generated. */
  readonly encryptionKey?: string;
  /** Undefined like the key. Not checked where the database is somebody else's. */
  readonly databasePassword?: string;
  /** Base's stack, for the commands in a refusal. */
  readonly baseStack: string;
  /** True if the operator has said that the settings are right, whatever the data says. */
  readonly trustSettings: boolean;
}

/** Returns every reason not to go on. Without effects; decryption and verification are arithmetic. */
export async function dataRefusals(evidence: Evidence, intent: Intent): Promise<Problem[]> {
  const fixed = [
    ...strangers(evidence),
    majorOf(evidence, intent),
    toolsOf(evidence, intent),
    dataPathOf(evidence, intent),
    folderOf(evidence, intent),
  ];
  const trusted = [
    libcOf(evidence, intent),
    lackOf(evidence, intent),
    await keyOf(evidence, intent),
    await passwordOf(evidence, intent),
  ];
  return [...fixed, ...(intent.trustSettings ? [] : trusted)].filter((problem) => problem !== undefined);
}

/** Evidence of the secrets the data was made with. */
type SecretEvidence = Pick<Evidence, "database" | "fingerprints" | "keyInUse">;

/** Returns which secrets the data was made with others of. Without effects. @param role as whom Scani logs in */
export async function differingSecrets(
  evidence: SecretEvidence,
  role: string,
  { encryptionKey, databasePassword }: DataSecrets,
): Promise<(keyof DataSecrets)[]> {
  const fits: [keyof DataSecrets, boolean | undefined][] = [
    ["encryptionKey", await keyFits(evidence, encryptionKey)],
    ["databasePassword", await passwordFits(evidence, role, databasePassword)],
  ];
  return fits.filter(([, one]) => one === false).map(([secret]) => secret);
}

/** Heading of all refusals. */
export const dataRefusalHeading = "These settings do not match the existing data; nothing has been touched.";

function strangers({ strangers: found }: Evidence): Problem[] {
  return found.map(({ container, volume }) => ({
    what: `The volume ${volume} is in use by container ${container}, which is no part of this install; two servers on one volume destroy its data.`,
    type: dockerStop(container),
  }));
}

function majorOf(
  { volumeMajor, imageMajor }: Evidence,
  { place: { postgres }, baseStack }: Intent,
): Problem | undefined {
  if (postgres === undefined || volumeMajor === undefined || imageMajor === undefined || volumeMajor === imageMajor)
    return undefined;
  return {
    what: `postgresImage ${postgres.image} is Postgres ${imageMajor}, and the volume ${postgres.volume} was made by Postgres ${volumeMajor}; one cannot run on the data of the other.`,
    why: `To move to Postgres ${imageMajor}: pg_dump with the old image, then restore into an install under another name.`,
    type: setCommand("postgresImage", baseStack, `postgres:${volumeMajor}-alpine`),
  };
}

/**
 * Refuses tools older than the server: pg_dump could not read it, so every backup, and every switch with one, would
 * fail.
 */
function toolsOf({ managed, majors }: Evidence, { place, baseStack }: Intent): Problem | undefined {
  if (place.managed === undefined || managed === undefined) return undefined;
  if (majors?.tools === undefined || majors.tools >= majors.server) return undefined;
  return {
    what: `postgresImage ${place.managed.image} has the tools of Postgres ${majors.tools}, and the managed Postgres at ${managed.address} is Postgres ${majors.server}: pg_dump makes no backup of a newer server.`,
    ...newerTools(majors.server, baseStack),
  };
}

/** First major version whose official image keeps its data elsewhere. */
const firstElsewhere = 18;

/**
 * Refuses an image that keeps data outside the volume: it would be in an anonymous one, which goes with the container.
 * Not where the data is in a folder of the volume, which the container is told (PGDATA) whatever its image says.
 */
function dataPathOf(
  { imageDataPath, imageMajor }: Evidence,
  { place: { postgres }, baseStack }: Intent,
): Problem | undefined {
  const elsewhere =
    imageDataPath === undefined ? Number(imageMajor) >= firstElsewhere : imageDataPath !== postgresDataPath;
  const isTold = postgres?.path !== undefined && postgres.path !== postgresDataPath;
  if (postgres?.image === undefined || isTold || !elsewhere) return undefined;
  return {
    what: `postgresImage ${postgres.image} keeps its data in ${imageDataPath === "" ? "a folder it does not name (PGDATA)" : (imageDataPath ?? "a folder of its version")} and not in ${postgresDataPath}, where the volume ${postgres.volume} is: the data would be lost with the container.`,
    type: setCommand("postgresImage", baseStack),
  };
}

/**
 * Refuses another folder of the volume than the one the data is in: Postgres would begin an empty database there, or not
 * start. Data in the volume itself is moved into the folder by the same `up`.
 */
function folderOf({ dataPath }: Evidence, { place: { postgres }, baseStack }: Intent): Problem | undefined {
  const path = postgres?.path;
  if (postgres === undefined || path === undefined || dataPath === undefined) return undefined;
  if (dataPath === path || !dataPath.startsWith(`${postgresDataPath}/`)) return undefined;
  const folder = dataPath.slice(postgresDataPath.length + 1);
  const wanted =
    path === postgresDataPath ? "the volume itself" : `its folder ${path.slice(postgresDataPath.length + 1)}`;
  return {
    what: `postgresFolder leads to ${wanted}, and the data in the volume ${postgres.volume} is in its folder ${folder}: Postgres would not find it, and begin an empty database or not start.`,
    why: "Data that is in a folder already stays there.",
    type: setCommand("postgresFolder", baseStack, folder),
  };
}

const libcName: Readonly<Record<Libc, string>> = { musl: "musl (Alpine)", glibc: "glibc (Debian)" };

/** Pattern of locales that sort by the characters' codes, whichever C library is used. */
const byCode = /^(C|POSIX)(\.|$)/;

/**
 * Refuses another C library, which would look up text where it has not been put. Not for another major version, on
 * which the data does not start at all.
 */
function libcOf(
  { ranOn, imageLibc, imageMajor, volumeMajor, database }: Evidence,
  { place: { postgres }, baseStack }: Intent,
): Problem | undefined {
  const otherMajor = imageMajor !== undefined && volumeMajor !== undefined && imageMajor !== volumeMajor;
  // A database that does not run may have any locale.
  const sorts = database === undefined || (database.collation !== undefined && !byCode.test(database.collation));
  if (postgres?.image === undefined || otherMajor || !sorts) return undefined;
  if (ranOn?.libc === undefined || imageLibc === undefined || ranOn.libc === imageLibc) return undefined;
  return {
    what: `postgresImage ${postgres.image} is built on ${libcName[imageLibc]}, and ${ranOn.image}, which ran on the volume ${postgres.volume} until now, on ${libcName[ranOn.libc]}: they sort text differently, so rows would not be found by their indexes, and no error would say so.`,
    why: `To move to it: make a backup, then restore it into an install of that image under another name. If every index is rebuilt at once (REINDEX DATABASE), ${howToSet("trustSettings")}.`,
    type: setCommand("postgresImage", baseStack, ranOn.image),
  };
}

function lackOf({ database }: Evidence, { place: { postgres }, baseStack }: Intent): Problem | undefined {
  if (postgres === undefined || database?.lacks === undefined) return undefined;
  const [setting, value] =
    database.lacks === "role"
      ? (["POSTGRES_USER", postgres.role] as const)
      : (["POSTGRES_DB", postgres.database] as const);
  return {
    what: `${setting} is ${value}, and the volume ${postgres.volume} was made with another: its Postgres has no ${database.lacks} of that name.`,
    why: `Set ${setting} of stack ${baseStack} to the ${database.lacks} it was made with, or, if this is meant, ${howToSet("trustSettings")}.`,
  };
}

async function keyOf(evidence: Evidence, { encryptionKey, baseStack }: Intent): Promise<Problem | undefined> {
  if ((await keyFits(evidence, encryptionKey)) !== false) return undefined;
  return {
    what: `ENCRYPTION_KEY ${encryptionKey === undefined ? "is not given and would be generated anew" : "differs"}, but the data was made with another: every stored credential would be unreadable.`,
    why: `Give the key of the install that made the data. If it is lost and every credential is to be entered again, ${howToSet("trustSettings")}.`,
    type: setCommand("ENCRYPTION_KEY", baseStack),
  };
}

/** Returns whether the key fits; undefined where nothing says so. The data itself counts before its fingerprints. */
async function keyFits(
  { database, fingerprints, keyInUse }: SecretEvidence,
  key: string | undefined,
): Promise<boolean | undefined> {
  const credentials = database?.credentials ?? [];
  if (credentials.length === 0 && fingerprints === undefined && keyInUse === undefined) return undefined;
  if (key === undefined) return false;
  if (credentials.length > 0) return anyOpens(credentials, key);
  return fingerprints === undefined ? keyInUse === key : opens(fingerprints.encryptionKey, key);
}

/** Returns whether the password fits the role; undefined where nothing says so. */
async function passwordFits(
  { database, fingerprints }: SecretEvidence,
  role: string,
  password: string | undefined,
): Promise<boolean | undefined> {
  const verifier = database?.passwordVerifier ?? fingerprints?.databasePassword;
  if (verifier === undefined) return undefined;
  return password === undefined ? false : matchesVerifier(verifier, role, password);
}

async function passwordOf(
  evidence: Evidence,
  { place: { postgres }, databasePassword, baseStack }: Intent,
): Promise<Problem | undefined> {
  if (postgres === undefined || (await passwordFits(evidence, postgres.role, databasePassword)) !== false)
    return undefined;
  return {
    what: `POSTGRES_PASSWORD ${databasePassword === undefined ? "is not given and would be generated anew" : "differs"}, but the volume ${postgres.volume} was made with another, and Postgres keeps that one: nothing could log in.`,
    why: `Give the password of the install that made the data, or give the database the new one. If this is meant, ${howToSet("trustSettings")}.`,
    type: [setCommand("POSTGRES_PASSWORD", baseStack), dockerPsql(postgres.container, postgres.role, "\\password")],
  };
}
