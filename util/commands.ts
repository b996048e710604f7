import { basename, join, posix, sep } from "node:path";

/**
 * Every command an operator is told to type is spelled here, for a POSIX shell: in a checkout of this module, or, where
 * it was installed as a package, in the folder the command was typed in.
 */

/** This module's own folder. This file is in bin/util once compiled. */
const root = join(__dirname, "..", "..");

/** True where this module is installed as a package, whose command npx finds; a checkout has npm scripts. */
export const installed = root.split(sep).includes("node_modules");

/** Variables that pass on to the processes Pulumi starts what `spellFor`, `spellBase` and `spellName` set in this one. */
const variables = {
  project: "SCANI_COMMANDS_PROJECT",
  base: "SCANI_COMMANDS_BASE",
  name: "SCANI_COMMANDS_NAME",
} as const;

/** Project every command has to name; undefined where it is the one a command takes by itself. */
let project: string | undefined = process.env[variables.project] || undefined;

/** Base stack every command on one install has to name; undefined where it is the one a command takes by itself. */
let base: string | undefined = process.env[variables.base] || undefined;

/** Name every command on one install has to give it; undefined where its settings do. */
let install: string | undefined = process.env[variables.name] || undefined;

/** A variable's value in a `.env`: the lines it stands on, counted from 1. */
export interface Assignment {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** A `.env` as it was read. */
export interface DotenvFile {
  /** Whole path. */
  readonly path: string;
  readonly assignments: readonly Assignment[];
}

/** The project's `.env`. */
let dotenv: DotenvFile = { path: ".env", assignments: [] };

/**
 * Sets once, at the start, which project commands are for.
 * @param folder the project's
 * @param around the project that a command finds by itself where it is typed, if there is one
 */
export function spellFor(folder: string, around: string | undefined): void {
  project = folder === (installed ? around : root) ? undefined : folder;
}

/** Records where the variables stand in the project's `.env`, once it has been read. */
export function spellDotenv(file: DotenvFile): void {
  dotenv = file;
}

/** Sets once which base stack commands on one install have to name; undefined where they need not. */
export function spellBase(stack: string | undefined): void {
  base = stack;
}

/** Sets once the name that commands on one install have to give it; undefined where they need not. */
export function spellName(name: string | undefined): void {
  install = name;
}

/** Returns the environment in which another process of this module spells commands as this one does. */
export const spellingEnvironment = (): Record<string, string> => ({
  [variables.project]: project ?? "",
  [variables.base]: base ?? "",
  [variables.name]: install ?? "",
});

/** Quotes a word where the shell would not take it literally. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Spells a command of this module. @param words after its name */
function command(name: string, ...words: readonly string[]): string {
  return typed(name, [...words, ...projectWords()]);
}

/** Spells a command on one install. @param words after its name */
function onInstall(name: string, ...words: readonly string[]): string {
  return withOwnName(onBase(name, ...words));
}

/** Spells a command on one stack. */
function onStack(name: string, stack: string): string {
  return withOwnName(command(name, quoted(stack)));
}

/** Spells a command on the install of one base. @param words after its name */
function onBase(name: string, ...words: readonly string[]): string {
  return command(name, ...words, ...(base === undefined ? [] : ["--base", quoted(base)]));
}

/** Spells a command that gives an install its name. */
function withName(name: string, line: string): string {
  return withVariable("SCANI_NAME", name, line);
}

/** Spells a command that gives the install its name where only the shell's environment has it. */
function withOwnName(line: string): string {
  return install === undefined ? line : withName(install, line);
}

function typed(name: string, words: readonly string[]): string {
  if (installed) return ["npx scani-tiers", name, ...words].join(" ");
  return [`npm run ${name}`, ...(words.length === 0 ? [] : ["--", ...words])].join(" ");
}

const projectWords = (): string[] => (project === undefined ? [] : ["--project", quoted(project)]);

/** Makes a folder a project. Only an installed module needs one: a checkout is a project itself. */
export const initCommand = "npx scani-tiers init";
export const upCommand = (stack: string): string => onStack("up", stack);
export const previewCommand = (stack: string): string => onStack("preview", stack);
export const downCommand = (stack: string): string => onStack("down", stack);
export const statusCommand = (name?: string): string =>
  name === undefined ? onInstall("status") : onInstall("status", "--name", quoted(name));
export const adoptCommand = (...words: readonly string[]): string => onInstall("adopt", ...words.map(quoted));
/** Adopts into stacks of its own. @param stack name of their base */
export const adoptOnCommand = (stack: string, ...words: readonly string[]): string =>
  command("adopt", ...words.map(quoted), "--base", quoted(stack));
/** Adopts as an install of that name. */
export const adoptAsCommand = (name: string, ...words: readonly string[]): string =>
  withName(name, onBase("adopt", ...words.map(quoted)));
/** Adopts as another install beside one, into stacks of its own. @param name that of the one that is there */
export const adoptBesideCommand = (name: string, ...words: readonly string[]): string =>
  withName(`${name}-2`, adoptOnCommand(`${name}-2-base`, ...words));
export const backupCommand = (): string => onInstall("backup");
export const backupsCommand = (): string => onInstall("backups");
export const restoreCommand = (file: string, ...options: readonly string[]): string =>
  onInstall("restore", quoted(file), ...options);

/** Commands of Docker. */
export const dockerStart = (container: string, ...options: readonly string[]): string =>
  ["docker start", ...options, quoted(container)].join(" ");
export const dockerStop = (...containers: readonly string[]): string =>
  ["docker stop", ...containers.map(quoted)].join(" ");
export const dockerRemove = (...containers: readonly string[]): string =>
  ["docker rm", ...containers.map(quoted)].join(" ");
/** Removes containers in any state, also those the engine has failed to remove. */
export const dockerForceRemove = (...containers: readonly string[]): string =>
  ["docker rm -f", ...containers.map(quoted)].join(" ");
/** Stops containers so that the engine does not start them again by itself. */
export const dockerStopForGood = (...containers: readonly string[]): readonly string[] => [
  ["docker update --restart no", ...containers.map(quoted)].join(" "),
  dockerStop(...containers),
];
export const dockerRestart = (container: string): string => `docker restart ${quoted(container)}`;
export const dockerRename = (container: string, name: string): string =>
  `docker rename ${quoted(container)} ${quoted(name)}`;
export const dockerCreateNetwork = (name: string): string => `docker network create ${quoted(name)}`;
export const dockerRemoveNetwork = (network: string): string => `docker network rm ${quoted(network)}`;
export const dockerNetworks = "docker network ls";
/** Lists the containers whose name contains this, in whatever state. */
export const dockerContainersNamed = (part: string): string => `docker ps -a --filter ${quoted(`name=${part}`)}`;
/** Names the containers on the networks whose name contains this. */
export const dockerNetworkUsers = (part: string): string =>
  `docker network inspect -f '{{.Name}}: {{range .Containers}}{{.Name}} {{end}}' $(docker network ls -q --filter ${quoted(`name=${part}`)})`;
export const dockerConnect = (network: string, container: string): string =>
  `docker network connect ${quoted(network)} ${quoted(container)}`;
export const dockerDisconnect = (network: string, container: string): string =>
  `docker network disconnect ${quoted(network)} ${quoted(container)}`;
/** Removes an endpoint, also one whose container is gone. */
export const dockerForceDisconnect = (network: string, container: string): string =>
  `docker network disconnect -f ${quoted(network)} ${quoted(container)}`;
export const dockerUnpause = (...containers: readonly string[]): string =>
  ["docker unpause", ...containers.map(quoted)].join(" ");
export const dockerWait = (...containers: readonly string[]): string =>
  ["docker wait", ...containers.map(quoted)].join(" ");
export const dockerLogs = (container: string): string => `docker logs --tail 50 ${quoted(container)}`;
/** Runs a program in a container. @param words as the shell takes them */
export const dockerExec = (container: string, words: string, ...options: readonly string[]): string =>
  ["docker exec", ...options, quoted(container), words].join(" ");
/** Copies a file within a container. */
export const dockerCopyWithin = (container: string, from: string, to: string): string =>
  dockerExec(container, `cp ${quoted(from)} ${quoted(to)}`);
/** Removes files in a container, those that are there. */
export const dockerRemoveFile = (container: string, ...paths: readonly string[]): string =>
  dockerExec(container, ["rm -f", ...paths.map(quoted)].join(" "));
/** Puts a line before all others of a file in a container. */
export const dockerPutFirst = (container: string, line: string, path: string): string =>
  dockerExec(container, `sed -i ${quoted(`1i ${line}`)} ${quoted(path)}`);
/** Runs one SQL statement or psql command in compose's Postgres. @param database by default the one for maintenance */
export const dockerPsql = (container: string, role: string, words: string, database = "postgres"): string =>
  `docker exec -it ${quoted(container)} psql -U ${quoted(role)} -c ${quoted(words)} ${quoted(database)}`;
/** Opens a session in a Postgres. */
export const dockerPsqlSession = (container: string, role: string, database: string): string =>
  `docker exec -it ${quoted(container)} psql -U ${quoted(role)} ${quoted(database)}`;
/**
 * Replaces a link by a copy of the folder it points to, in a container that is stopped.
 * @param image the container's own
 * @param link full path
 */
export const dockerReplaceLink = (container: string, image: string, link: string): string => {
  const [at, beside] = [quoted(link), quoted(`${link}.copied`)];
  const script = `cp -a "$(readlink -f ${at})" ${beside} && rm ${at} && mv ${beside} ${at}`;
  return `docker run --rm --volumes-from ${quoted(container)} --entrypoint sh ${quoted(image)} -c ${quoted(script)}`;
};
/**
 * Copies what is mounted into a container to a volume, in place of what is there.
 * @param image the container's own
 * @param at full path of the mount
 * @param to a path in a volume
 */
export const dockerCopyIntoVolume = (
  container: string,
  image: string,
  at: string,
  to: { readonly volume: string; readonly path: string },
): string => {
  const [from, there, beside] = [at, `/volume/${to.path}`, `/volume/${to.path}.copied`].map(quoted);
  const script = `cp -a ${from} ${beside} && rm -rf ${there} && mv ${beside} ${there}`;
  return `docker run --rm --volumes-from ${quoted(container)} -v ${quoted(to.volume)}:/volume --entrypoint sh ${quoted(image)} -c ${quoted(script)}`;
};
export const dockerPull = (image: string): string => `docker pull ${quoted(image)}`;
/** @param registry undefined for Docker's own */
export const dockerLogin = (registry?: string): string =>
  registry === undefined ? "docker login" : `docker login ${quoted(registry)}`;
/** Makes room on the engine's disk, the least harmful first. */
export const dockerPrunes: readonly string[] = ["docker image prune", "docker builder prune"];
export const dockerContexts = "docker context ls";
export const dockerDefaultContext = "docker context use default";
export const dockerCreateVolume = (name: string): string => `docker volume create ${quoted(name)}`;
export const dockerRemoveVolume = (name: string): string => `docker volume rm ${quoted(name)}`;

/** Finds files of a name in a volume. @param image on the engine, with a shell's usual tools */
export const dockerFind = (volume: string, image: string, name: string): string =>
  `docker run --rm --entrypoint find -v ${quoted(volume)}:/volume:ro ${quoted(image)} /volume -name ${quoted(name)}`;

/** A compose project, as far as commands have to name it. */
export interface ComposePlace {
  readonly name: string;
  /** Folder of its file; empty where compose has not said which. */
  readonly folder: string;
  /**
   * True where that folder is not on the engine's machine: it is that of a tool in a container, as Portainer's
   * `/data/compose/5`, by which alone compose can be asked.
   */
  readonly isElsewhere?: boolean;
  /** Its files, by their paths from the folder; none where compose finds them there by itself. */
  readonly files: readonly string[];
  /** Files its variables are from, by their paths from the folder; none where that is the folder's own `.env`. */
  readonly envFiles: readonly string[];
  /** Version of compose that made its containers; absent where it has not said so. */
  readonly version?: string;
}

/** Returns compose's program; version 1 has one of its own. */
const composeProgram = ({ version = "" }: ComposePlace): string =>
  version.startsWith("1.") ? "docker-compose" : "docker compose";

/**
 * Spells a command of compose, naming the project and its files only where they differ from the folder's own; as a
 * comment, which no shell carries out, where it is to be done in another tool.
 */
const compose = (place: ComposePlace, words: string): string => {
  const { name, folder, files, envFiles, isElsewhere } = place;
  if (isElsewhere === true && folder !== "")
    return `# where the files of the project ${name} are now (${folder} is not on this machine): ${composeProgram(place)} ${words}`;
  const options = [
    ...(name === projectIn(folder) ? [] : ["-p", name]),
    // Compose takes the first file's folder for the project's.
    ...(folder !== "" && files.length > 0 && posix.dirname(files[0]) !== "." ? ["--project-directory", "."] : []),
    ...envFiles.flatMap((file) => ["--env-file", file]),
    ...files.flatMap((file) => ["-f", file]),
  ].map(quoted);
  return `${folder === "" ? "" : `cd ${quoted(folder)} && `}${[composeProgram(place), ...options, words].join(" ")}`;
};

/** Returns the name that compose gives a project by its folder. */
const projectIn = (folder: string): string =>
  basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");

export const composeUp = (project: ComposePlace): string => compose(project, "up -d");
/** Names the same command within a sentence, wherever it is typed. */
export const composeUpWords = (project: ComposePlace): string => `${composeProgram(project)} up -d`;
/** Names the command that also removes the project's volumes, which nobody is to type. */
export const composeDownWords = (project: ComposePlace): string => `${composeProgram(project)} down -v`;
/** Recreates the containers of these services and touches no other service. */
export const composeRenew = (project: ComposePlace, ...services: readonly string[]): string =>
  compose(project, ["up -d --no-deps --force-recreate", ...services.map(quoted)].join(" "));
export const composeStop = (project: ComposePlace, ...services: readonly string[]): string =>
  compose(project, ["stop", ...services.map(quoted)].join(" "));
/** Builds the image of Scani's migrator, which has a profile of its own. */
export const composeBuildMigrator = (project: ComposePlace): string =>
  compose(project, "--profile migrate build migrate");
export const composePull = (project: ComposePlace): string => compose(project, "pull");
/** Creates the containers without starting them. @param services only these, including those of a profile */
export const composeCreate = (project: ComposePlace, ...services: readonly string[]): string =>
  compose(project, ["up --no-start", ...services.map(quoted)].join(" "));
/** Recreates the containers of these services without starting them, and touches no other service. */
export const composeRecreate = (project: ComposePlace, ...services: readonly string[]): string =>
  compose(project, ["up --no-start --no-deps --force-recreate", ...services.map(quoted)].join(" "));
/** Runs a program in a service's container, as typed in the project's folder. */
export const composeExec = (project: ComposePlace, service: string, words: string): string =>
  `${composeProgram(project)} exec ${quoted(service)} ${words}`;
export const composeList = "docker compose ls --all";
export const composeScale = (project: ComposePlace, service: string): string =>
  compose(project, `up -d --scale ${quoted(`${service}=1`)} ${quoted(service)}`);

/** Spells a command of ssh. @param words after the destination, as the remote shell takes them */
export const sshCommand = (destination: readonly string[], ...words: readonly string[]): string =>
  ["ssh", ...destination.map(quoted), ...words].join(" ");
/** Makes ssh forget a host's key. */
export const sshForget = (host: string): string => `ssh-keygen -R ${quoted(host)}`;
/** Copies the key to sign in with to a machine. */
export const sshGiveKey = (destination: readonly string[]): string =>
  ["ssh-copy-id", ...destination.map(quoted)].join(" ");
export const sshLoadKey = "ssh-add";

/** Commands of the machine itself. */
export const joinDockerGroup = 'sudo usermod -aG docker "$USER"';
export const startDocker: readonly string[] = ["sudo systemctl start docker", "sudo service docker start"];
/** Restarts an engine that this machine's systemd runs. */
export const restartDocker = "sudo systemctl restart docker";
export const installDocker = `sudo apt-get update && sudo apt-get install -y docker.io iptables && ${startDocker[0]}`;
/** Shows who may read a file. */
export const listFile = (path: string): string => `ls -l ${quoted(path)}`;
export const copyFile = (from: string, to: string): string => `cp ${quoted(from)} ${quoted(to)}`;
export const removeFile = (path: string): string => `rm ${quoted(path)}`;
export const gunzipFile = (from: string, to: string): string => `gunzip < ${quoted(from)} > ${quoted(to)}`;
/**
 * Converts a text file to UTF-8. It may hold secrets, so it keeps its mode and owner, and its copy, which stays where
 * the file cannot be written, is readable by its owner only.
 * @param encoding as iconv calls it
 */
export function convertFile(path: string, encoding: string): string {
  const [from, to] = [quoted(path), quoted(`${path}.utf8`)];
  return `(umask 077 && iconv -f ${encoding} -t UTF-8 ${from} > ${to}) && cat ${to} > ${from} && rm ${to}`;
}
/** Names what listens on a port. */
export const whoListens = (port: number | string): readonly string[] => [
  `docker ps --filter publish=${port}`,
  `ss -ltnp 'sport = :${port}'`,
];

/** Spells a command with a variable in its environment. */
export const withVariable = (name: string, value: string, typed: string): string => `${name}=${quoted(value)} ${typed}`;

/** Spells a command of Pulumi itself, which this module finds or builds. */
export const pulumiCommand = (...words: readonly string[]): string =>
  // Our own options come first: everything after the first of Pulumi's words is passed to Pulumi.
  typed("pulumi", [...projectWords(), ...words]);

/** Clears the lock of a stack, whoever holds it. */
export const cancelCommand = (stack: string): string => pulumiCommand("cancel", "--stack", quoted(stack));

/** Brings a stack up by raw Pulumi, where it is on the path. */
export const rawUpCommand = (stack: string): string => `pulumi up --stack ${quoted(stack)}`;

/** Source of a setting's value, in a command that sets it. */
export type GivenValue =
  /** The value itself. */
  | { readonly value: string }
  /** Asked for when the command runs, so that a secret stays out of the shell's history. */
  | { readonly secret: true }
  /** The contents of a file. */
  | { readonly file: string };

/** Sets a setting of a stack. */
export function setCommand(name: string, stack: string, given: GivenValue): string {
  const at = ["--stack", quoted(stack)];
  if ("secret" in given) return pulumiCommand("config", "set", "--secret", name, ...at);
  if ("file" in given) return `${pulumiCommand("config", "set", name, ...at)} < ${quoted(given.file)}`;
  // A value that begins with a dash would be read as an option.
  const value = given.value.startsWith("-") ? ["--", quoted(given.value)] : [quoted(given.value)];
  return pulumiCommand("config", "set", ...at, name, ...value);
}

/** Removes a setting from a stack. */
export const removeSettingCommand = (name: string, stack: string): string =>
  pulumiCommand("config", "rm", name, "--stack", quoted(stack));

/** Removes a variable from the shell's environment. */
export const unsetCommand = (variable: string): string => `unset ${variable}`;

/**
 * Removes a variable from the project's `.env` by commenting its lines out, so that those of other variables keep their
 * numbers; a copy of the former file stays next to it. Opens the file instead where the lines are not known or hold
 * another variable too.
 */
export function removeVariableCommand(variable: string): string {
  const { path, assignments } = dotenv;
  const own = assignments.filter(({ name }) => name === variable);
  const shared = assignments.some(
    (other) => other.name !== variable && own.some(({ first, last }) => other.first <= last && other.last >= first),
  );
  if (own.length === 0 || shared) return `"\${EDITOR:-vi}" ${quoted(path)}`;
  const lines = own.map(({ first, last }) => `${first === last ? first : `${first},${last}`}s/^/#/`);
  return `sed -i.bak '${lines.join(";")}' ${quoted(path)}`;
}
