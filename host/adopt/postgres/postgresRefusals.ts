import { posix } from "node:path";
import {
  backupCommand,
  composeStop,
  composeUp,
  dockerCopyIntoVolume,
  dockerCreateVolume,
  dockerPsql,
  dockerPsqlSession,
  dockerRemoveFile,
  dockerReplaceLink,
  dockerStop,
} from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";
import { identifier, superuserOf } from "../../backup/server";
import { waitingPath } from "../../engine/engine";
import { postgresMajor } from "../../guards/data/postgresMajor";
import { fingerprintsFile, type DataSecrets } from "../../guards/data/secretFingerprints";
import { loginIn } from "../../install/data/databaseUrl";
import { postgresDataPath, postgresFolders } from "../../install/data/postgresData";
import { environmentList } from "../../install/services/environment";
import type { AdoptEvidence, SettingValue } from "../evidence";
import {
  dataMountOf,
  parametersIn,
  serversOf,
  variableOf,
  type ComposeContainer,
  type ComposeProject,
  type ScaniParts,
} from "../compose/project";
import { rangesOf } from "./hostRules";
import { isKeptOut, portIn, portProblem, postgresPort, reachProblems } from "./reachProblems";
import { writtenFolders } from "./serverSettings";
import { isPathWithin } from "../../../util/files/pathWithin";

/**
 * Returns every reason why base's own Postgres could not take the place of the project's. Pure.
 * @param subnet block that is set for base's addresses
 */
export function postgresProblems(
  project: ComposeProject,
  parts: ScaniParts,
  evidence: AdoptEvidence,
  subnet: string | undefined,
): Problem[] {
  const { postgres } = serversOf(project);
  if (postgres === undefined) return [];
  const port = portIn(variableOf(parts.api, "DATABASE_URL"));
  const isAtPort = port === postgresPort;
  const { strangers } = evidence;
  // It was asked at the port a release uses, so at another one nothing it said, or did not say, counts.
  const database = isAtPort ? evidence.database : undefined;
  const mount = dataMountOf(postgres);
  const imageMajor = postgresMajor(postgres.image, environmentList(postgres.ofImage));
  if (evidence.database !== undefined && evidence.database.major === undefined && imageMajor === undefined)
    return [
      {
        what: `DATABASE_URL names ${postgres.name} (${postgres.image}), which is no Postgres as official images are: neither its image (PG_MAJOR) nor its data (PG_VERSION) says so.`,
        why: "Where it is a pooler, let DATABASE_URL name Postgres itself in the .env file beside the compose file, and let compose apply it. Of a Postgres of another image, dump the database and restore it into an install of this module's own.",
        type: composeUp(project),
      },
    ];
  const dataPath = variableOf(postgres, "PGDATA") ?? postgresDataPath;
  const { ofServer } = parametersIn(variableOf(parts.api, "DATABASE_URL"));
  const superuser = superuserOf(postgres.environment).role;
  const login = { role: loginRoleOf(parts), database: databaseOf(parts) };
  const reached = { project, postgres, login, ranges: rangesOf(subnet) };
  const { major, lacks, differing = [], stale = [] } = database ?? {};
  // If Scani's role is not let in over the socket either, the backups' role name is not the cause.
  const isUnknown =
    database?.isSuperuser !== undefined && database.backups !== undefined && "refused" in database.backups;
  const { database: named } = superuserOf({
    ...postgres.environment,
    ...(isUnknown ? { POSTGRES_USER: loginRoleOf(parts) } : {}),
  });
  const wrong: (Problem | false)[] = [
    !isAtPort && portProblem(reached, port),
    (postgres.networkOwner !== undefined || postgres.networks.includes("host")) && {
      what: `${postgres.name} has the network of ${postgres.networkOwner ?? "its host"} (network_mode), and Docker connects no such container to base's own.`,
      why: "Take network_mode out of the compose file, and let compose apply it.",
      type: composeUp(project),
    },
    mount?.type !== "volume" && {
      what: `${postgres.name} keeps its data ${mount === undefined ? `elsewhere than ${postgresDataPath}` : `in ${mount.source}, a folder of the host`}, and only a volume can be taken over.`,
      why: "Dump the database and restore it into an install of this module's own, or move the data into a volume.",
      type: dockerCreateVolume("scani_postgres-data"),
    },
    mount?.subpath !== undefined && {
      what: `${postgres.name} keeps its data in ${mount.subpath}, a folder of the volume ${mount.source} (subpath), and only data in the volume itself can be taken over.`,
      why: "Dump the database and restore it into an install of this module's own, or move the data into a volume of its own.",
      type: dockerCreateVolume("scani_postgres-data"),
    },
    mount?.type === "volume" &&
      dataPath.replace(/\/$/, "") !== postgresDataPath && {
        what: `${postgres.name} keeps its data in ${dataPath} (PGDATA), and only data in the volume itself, at ${postgresDataPath}, can be taken over.`,
        why: "Dump the database and restore it into an install of this module's own, or move the data up in its volume and take PGDATA out of the compose file.",
        type: composeUp(project),
      },
    lacks !== undefined && {
      what: `${postgres.name} has no ${lacks} ${login[lacks]}, which DATABASE_URL names.`,
      why: `Name the ${lacks} that Scani's data is of in the .env file beside the compose file, and let compose apply it.`,
      type: composeUp(project),
    },
    lacks === undefined &&
      named !== databaseOf(parts) && {
        what: `Scani's database is ${databaseOf(parts)}, and the environment of ${postgres.name} names ${named}, of which backups would be made.`,
        ...giving(project, postgres, "POSTGRES_DB"),
      },
    ofServer.length > 0 && {
      what: `DATABASE_URL sets ${ofServer.join(", ")} of ${postgres.name}, and base's own Postgres is named without: Scani might not find its data there.`,
      why: `What the server is to go on with, the role keeps: alter role "${loginRoleOf(parts)}" set <name> to <value>. Take it out of DATABASE_URL in the .env file beside the compose file then, and let compose apply it.`,
      type: [dockerPsqlSession(postgres.name, loginRoleOf(parts), databaseOf(parts)), composeUp(project)],
    },
    isUnknown && {
      what: `${postgres.name} does not let ${superuser} in over the socket in its container, as whom backups are made: its environment names that role, and Scani logs in as ${loginRoleOf(parts)}.`,
      ...giving(project, postgres, "POSTGRES_USER"),
    },
    superuser !== loginRoleOf(parts) &&
      database?.backups !== undefined &&
      "isSuperuser" in database.backups &&
      !database.backups.isSuperuser && {
        what: `${superuser}, as whom backups are made by ${postgres.name}, is no superuser, as whoever reads one back has to be.`,
        type: dockerPsql(postgres.name, loginRoleOf(parts), `alter role ${identifier(superuser)} superuser`),
      },
    postgres.state === "running" &&
      database !== undefined &&
      lacks === undefined &&
      database.isSuperuser === undefined && {
        what: `${postgres.name} lets nobody in over the socket in its container as ${loginRoleOf(parts)}, as backups do.`,
        why: "Its pg_hba.conf has to begin with: local all all trust",
        type: dockerPsql(postgres.name, loginRoleOf(parts), "show hba_file"),
      },
    database?.isSuperuser === false && {
      what: `${loginRoleOf(parts)}, with whom Scani logs in to ${postgres.name}, is no superuser, as whoever restores a backup has to be.`,
      type: dockerPsql(postgres.name, superuser, `alter role ${identifier(loginRoleOf(parts))} superuser`),
    },
    (differing.includes("databasePassword") ||
      (database?.takesPassword === false && lacks === undefined && !isKeptOut(reached, database))) && {
      what: `${postgres.name} does not take the password in DATABASE_URL${database?.takesPassword === true ? ": it lets Scani in without, and keeps another one" : ""}.`,
      type: dockerPsql(postgres.name, loginRoleOf(parts), "\\password"),
    },
    differing.includes("encryptionKey") && {
      what: "ENCRYPTION_KEY opens none of the stored credentials that were tried.",
      why: "They were sealed with another key, which has to be in the .env file beside the compose file.",
      type: composeUp(project),
    },
    stale.length > 0 && {
      what: `The data of ${postgres.name} has fingerprints of another ${stale.map((one) => secretNames[one]).join(" and ")} (${fingerprintsFile}) than api has, as from an earlier adoption, and base would refuse it.`,
      why: "The stored passwords and credentials match api's, so the fingerprints can be removed; base makes them anew.",
      type: dockerRemoveFile(
        postgres.name,
        ...[fingerprintsFile, waitingPath(fingerprintsFile)].map((file) => `${postgresDataPath}/${file}`),
      ),
    },
    major !== undefined &&
      imageMajor !== undefined &&
      major !== imageMajor && {
        what: `The data was made by Postgres ${major}, and ${postgres.name} runs ${imageMajor}.`,
        type: composeUp(project),
      },
  ];
  return [
    ...wrong.filter((one) => one !== false),
    ...reachProblems(reached, database),
    ...strangers.map((name) => ({
      what: `The volume of ${postgres.name} is used by ${name} too.`,
      type: dockerStop(name),
    })),
    ...elsewhereProblems(project, parts, database),
  ];
}

const secretNames: Readonly<Record<keyof DataSecrets, string>> = {
  encryptionKey: "ENCRYPTION_KEY",
  databasePassword: "password",
};

/** Explains how to give Postgres' service the name Scani uses. Official images refuse it together with its `_FILE`. */
function giving(
  project: ComposeProject,
  postgres: ComposeContainer,
  variable: "POSTGRES_USER" | "POSTGRES_DB",
): Pick<Problem, "why" | "type"> {
  const inFile = `${variable}_FILE`;
  const instead = variableOf(postgres, inFile) === undefined ? "" : ` in place of ${inFile}`;
  return {
    why: `Give Scani's to the service in the compose file as ${variable}${instead}, and let compose apply it: the data stays as it is.`,
    type: composeUp(project),
  };
}

/**
 * Refuses data that would not come along with the volume, and paths and settings that a start would not find: base's
 * Postgres has that volume alone, its data one folder down in it, and no options of its own.
 */
function elsewhereProblems(project: ComposeProject, parts: ScaniParts, database: AdoptEvidence["database"]): Problem[] {
  const { postgres } = serversOf(project);
  if (postgres === undefined) return [];
  const { tablespaces = [], log, files = [] } = database?.elsewhere ?? {};
  const { synchronous_standby_names: standbys = "" } = database?.start ?? {};
  const psql = (words: string, of?: string) => dockerPsql(postgres.name, loginRoleOf(parts), words, of);
  const data = databaseOf(parts);
  const isMissing = (path: string) => postgres.mounts.some((mount) => isPathWithin(path, mount.path));
  const isReadOnly = (setting: string, path: string) =>
    setting in writtenFolders && !postgresFolders.some((folder) => isPathWithin(path, folder));
  return [
    ...mountProblems(project, postgres),
    ...libraryProblems(project, postgres, database),
    ...socketProblems(postgres, loginRoleOf(parts), database),
    ...tablespaces.map((name): Problem => {
      const space = identifier(name);
      return {
        what: `${postgres.name} keeps the tablespace ${name} beside the volume of its data, and only that volume comes along.`,
        why: "Its tables and indexes are locked while they are moved.",
        type: [
          psql(`alter table all in tablespace ${space} set tablespace pg_default`, data),
          psql(`alter index all in tablespace ${space} set tablespace pg_default`, data),
          psql(`drop tablespace ${space}`),
        ],
      };
    }),
    ...(log === undefined
      ? []
      : [
          {
            what: `${postgres.name} keeps its write-ahead log in ${log} (POSTGRES_INITDB_WALDIR), and only the volume of its data comes along.`,
            why: "These put it back while the project stands still:",
            type: [
              composeStop(project),
              dockerReplaceLink(postgres.name, postgres.image, `${postgresDataPath}/pg_wal`),
              composeUp(project),
            ],
          },
        ]),
    ...files
      .filter(({ setting, path }) => isMissing(path) || isReadOnly(setting, path))
      .map(({ setting, path }): Problem => ({
        what: `The settings in the data of ${postgres.name} name ${path} (${setting}), where base's own Postgres ${setting in writtenFolders ? "cannot write" : "finds nothing"}.`,
        ...remedyFor(setting, path, psql),
      })),
    ...[...(database?.needed ?? []), ...fewerConnections(database)].map(({ setting, value }): Problem => ({
      what: `${postgres.name} is given ${setting} = ${value} by its command, or by a file outside its data, and base's own has the settings in the data alone.`,
      why: "It would not start on what is there, or not answer: prepared transactions, what a library has made and the pools of Scani's services come along. This writes the setting into the data:",
      type: psql(`alter system set ${setting} = ${literals(setting, value)}`),
    })),
    ...(database?.slots ?? []).map(({ slot, database: of }): Problem => ({
      what: `${postgres.name} keeps its write-ahead log for whoever reads the replication slot ${slot}, and nobody outside reaches base's own.`,
      why: "The slot comes along with the data, and what is kept for it fills the disk. Stop who reads it, a standby or a subscription, then:",
      type: psql(`select pg_drop_replication_slot('${slot}')`, of),
    })),
    ...(standbys === ""
      ? []
      : [
          {
            what: `The settings in the data of ${postgres.name} name ${standbys} (synchronous_standby_names), and no standby reaches base's own: every commit would wait for one.`,
            type: [psql("alter system set synchronous_standby_names = ''"), psql("select pg_reload_conf()")],
          },
        ]),
    ...(database?.archives === true
      ? [
          {
            what: `${postgres.name} archives its write-ahead log (archive_mode), and base's own could not: it has one volume, and no way out of its network.`,
            why: `What is not archived is kept until the disk is full. Backups of this module's are dumps (${backupCommand()}).`,
            type: psql("alter system set archive_mode = off"),
          },
        ]
      : []),
    ...(database?.owner === undefined
      ? []
      : [
          {
            what: `The data of ${postgres.name} belongs to the user ${database.owner}, and base's own Postgres runs as its image's: it could not reach it in the volume.`,
            why: "Take user out of the service in the compose file, and let compose apply it: the image gives the data to its own user then.",
            type: composeUp(project),
          },
        ]),
  ];
}

/** Returns the number of connections where the data alone has fewer: whoever gets none is refused. */
function fewerConnections(database: AdoptEvidence["database"]): SettingValue[] {
  const { connections, start } = database ?? {};
  const then = start?.max_connections;
  if (connections === undefined || then === undefined || Number(then) >= Number(connections)) return [];
  return [{ setting: "max_connections", value: connections }];
}

/** Quotes a value for ALTER SYSTEM SET: a list word by word, since one quoted as a whole would be a single name. */
function literals(setting: string, value: string): string {
  const words = setting === "shared_preload_libraries" ? value.split(",") : [value];
  return words.map((word) => `'${word.trim().replace(/^"|"$/g, "")}'`).join(", ");
}

/** Refuses mounts within the data, which are not in its volume. One in memory is empty at every start anyway. */
function mountProblems(project: ComposeProject, postgres: ComposeContainer): Problem[] {
  const volume = dataMountOf(postgres);
  if (volume?.type !== "volume") return [];
  return postgres.mounts
    .filter(({ type, path }) => type !== "tmpfs" && path !== postgresDataPath && isPathWithin(path, postgresDataPath))
    .map(({ source, path }) => ({
      what: `${source} is mounted within the data of ${postgres.name}, at ${path}, and only the volume of its data comes along.`,
      why: "The first two copy it into that volume while the project stands still. Take the mount out of the compose file before the last.",
      type: [
        composeStop(project),
        dockerCopyIntoVolume(postgres.name, postgres.image, path, {
          volume: volume.source,
          path: posix.relative(postgresDataPath, path),
        }),
        composeUp(project),
      ],
    }));
}

/** Refuses libraries and parts of extensions that are mounted, since base's own has its image's alone. */
function libraryProblems(
  project: ComposeProject,
  postgres: ComposeContainer,
  database: AdoptEvidence["database"],
): Problem[] {
  const { libraries = [] } = database ?? {};
  return postgres.mounts
    .filter(({ path }) => libraries.some((folder) => isPathWithin(path, folder) || isPathWithin(folder, path)))
    .map(({ source, path }) => ({
      what: `${source} is mounted into ${postgres.name} at ${path}, among what Postgres loads, and base's own has its image alone: it would not start, or not answer what uses it.`,
      why: `Make an image of ${postgres.image} that has it, give that to the service in the compose file in place of the mount, and let compose apply it.`,
      type: composeUp(project),
    }));
}

/** Refuses folders of the socket that base's own could not write to, and those in which its tools do not look. */
function socketProblems({ name }: ComposeContainer, role: string, database: AdoptEvidence["database"]): Problem[] {
  const { socket, start } = database ?? {};
  if (socket === undefined || start?.unix_socket_directories === undefined) return [];
  const folders = start.unix_socket_directories.split(",").map((one) => one.trim().replace(/^"|"$/g, ""));
  // One that begins with @ is no file.
  const isWritable = (path: string) => path.startsWith("@") || postgresFolders.some((one) => isPathWithin(path, one));
  const bad = folders.find((path) => path !== "" && !isWritable(path));
  if (bad === undefined && folders.includes(socket)) return [];
  const cause =
    bad === undefined
      ? `leave out ${socket} (unix_socket_directories), where backups reach it`
      : `name ${bad} (unix_socket_directories), where base's own Postgres cannot write`;
  return [
    {
      what: `The settings in the data of ${name} ${cause}.`,
      type: dockerPsql(name, role, `alter system set unix_socket_directories = '${socket}'`),
    },
  ];
}

/** Returns the remedy for a setting that names a file base's Postgres cannot use. */
function remedyFor(setting: string, path: string, psql: (words: string) => string): Pick<Problem, "why" | "type"> {
  if (setting === "data_directory")
    return {
      why: "Take the line that names it out of this file: the image says where the data is (PGDATA).",
      type: psql("show config_file"),
    };
  // Postgres resolves relative paths of these where it is started, and not in the data. *Seen* with 15.
  if (["hba_file", "ident_file", "include"].includes(setting))
    return {
      why: "Take the line that names it out of this file; what is in it can go into the file of that name in the data.",
      type: psql("show config_file"),
    };
  const set = (words: string) => [psql(`alter system set ${words}`), psql("select pg_reload_conf()")];
  if (isPathWithin(path, postgresDataPath))
    return {
      why: "By a path within the data it is found wherever the data is.",
      type: set(`${setting} = '${posix.relative(postgresDataPath, path)}'`),
    };
  if (setting in writtenFolders)
    return { why: "By a path within the data it can:", type: set(`${setting} = '${writtenFolders[setting]}'`) };
  return setting.startsWith("ssl")
    ? { why: "Base's Postgres is reached over a network of its own, without TLS.", type: set("ssl = off") }
    : {
        why: "Put the file into the data, and name it by a path within it:",
        type: set(`${setting} = '${posix.basename(path)}'`),
      };
}

function loginRoleOf(parts: ScaniParts): string {
  return loginIn(variableOf(parts.api, "DATABASE_URL"))?.role ?? "scani";
}

function databaseOf(parts: ScaniParts): string {
  return loginIn(variableOf(parts.api, "DATABASE_URL"))?.database ?? "scani";
}
