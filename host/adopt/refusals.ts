import { isIP } from "node:net";
import {
  adoptCommand,
  composePull,
  composeScale,
  composeUp,
  dockerCreateVolume,
  dockerLogs,
  dockerPrunes,
  dockerPsql,
  dockerPull,
  dockerStop,
  statusCommand,
  withVariable,
} from "../../util/commands";
import type { Problem } from "../../util/operatorError";
import { settingNamed } from "../../settings";
import { isDevelopmentValue } from "../../settings/unsafe";
import { commandToRun } from "../engine/commandToRun";
import { publishedAt } from "../engine/published";
import { postgresMajor } from "../guards/postgresMajor";
import { postgresDataPath } from "../install/postgresData";
import type { AdoptEvidence } from "./evidence";
import {
  imageOf,
  migratorBeside,
  namedBy,
  runningAs,
  scaniServices,
  serverOf,
  serversOf,
  variableOf,
  versionOf,
  type ComposeContainer,
  type ComposeProject,
  type ScaniParts,
} from "./project";

/** What the operator asked for. */
export interface AdoptIntent {
  /** Name the install is to have. */
  readonly install: string;
  /** The name is only in the shell's environment, and later commands have to know it. */
  readonly keepsName?: boolean;
  /** Port the gateway is to listen on; undefined where it is to take the one the page has now. */
  readonly port?: number;
  /** Port of the mail catcher's page that the operator has chosen already. */
  readonly mailPort?: string;
  readonly acceptPublicKey: boolean;
}

/** Scani's first version whose queue is in Postgres. */
const firstVersion = [0, 15] as const;

/** Every reason not to adopt a project as it is now. Pure. */
export function refusals(
  project: ComposeProject,
  parts: ScaniParts,
  evidence: AdoptEvidence,
  intent: AdoptIntent,
): Problem[] {
  return [
    ...missingParts(project, parts),
    ...severalParts(project),
    ...unhealthy(project, parts),
    ...versions(project, parts),
    ...keys(project, parts, intent),
    ...places(project, parts),
    ...postgresProblems(project, parts, evidence),
    ...diskProblems(evidence),
    ...bucketProblems(project, evidence),
    ...portProblems(project, parts, intent),
    ...taken(project, evidence, intent),
  ];
}

function missingParts(project: ComposeProject, parts: ScaniParts): Problem[] {
  const local = serverOf(project, variableOf(parts.api, "SCANI_CLOUD_URL")) !== undefined;
  const needed = scaniServices.filter((service) => local || service !== "data-provider");
  const missing = needed.filter((service) => parts[service] === undefined);
  if (missing.length === 0) return [];
  return [
    {
      what: `The project ${project.name} has no container of Scani's ${missing.join(", ")}.`,
      type: composeUp(project),
    },
  ];
}

/** Only one of a kind is followed: a second worker would go on taking jobs. */
function severalParts(project: ComposeProject): Problem[] {
  return scaniServices.flatMap((service) => {
    const all = runningAs(project, service);
    if (all.length < 2) return [];
    return [
      {
        what: `${all.length} containers do the work of Scani's ${service}: ${all.map(({ name }) => name).join(", ")}.`,
        why: "One of them is to be left.",
        type: composeScale(project, all[0].service),
      },
    ];
  });
}

/** What does not run well now cannot be told from what an adoption broke. */
function unhealthy(project: ComposeProject, parts: ScaniParts): Problem[] {
  const servers = [parts.api?.environment.DATABASE_URL, parts.api?.environment.REDIS_URL].map((url) =>
    serverOf(project, url),
  );
  const needed = [...Object.values(parts), ...servers].filter((one): one is ComposeContainer => one !== undefined);
  return needed.flatMap(({ name, state, health }) => {
    if (state !== "running") return [{ what: `${name} is ${state}.`, type: commandToRun(name, state) }];
    if (health === undefined || health === "healthy") return [];
    return [{ what: `${name} is not healthy now (${health}).`, type: dockerLogs(name) }];
  });
}

function versions(project: ComposeProject, parts: ScaniParts): Problem[] {
  const all = Object.values(parts);
  // What an image says of itself counts before its tag, which may be a digest's or move.
  const known = new Set(all.flatMap((one) => one.imageLabels[versionLabel] ?? []));
  const tags = new Set(all.map((one) => imageOf(one).tag));
  const saysItself = all.every((one) => one.imageLabels[versionLabel] !== undefined);
  const different: Problem[] =
    known.size > 1 || (!saysItself && tags.size > 1)
      ? [
          {
            what: `Scani's images are not of one version: ${all.map((one) => `${one.image} (${versionOf(one)})`).join(", ")}.`,
            type: [composePull(project), composeUp(project)],
          },
        ]
      : [];
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(parts.api === undefined ? "" : versionOf(parts.api)) ?? [];
  const isOld = major !== undefined && Number(major) === firstVersion[0] && Number(minor) < firstVersion[1];
  const old: Problem[] = isOld
    ? [
        {
          what: `Scani ${major}.${minor} is older than ${firstVersion.join(".")}: its queue is in Redis, and what is in it would be lost.`,
          why: "Update it with compose first, and let the queue run empty.",
          type: [composePull(project), composeUp(project)],
        },
      ]
    : [];
  return [...different, ...old, ...migratorProblems(project, parts)];
}

const versionLabel = "org.opencontainers.image.version";

/** The migrator's image has to be of the same version, under a name that goes on meaning it. */
function migratorProblems({ migrator }: ComposeProject, { api }: ScaniParts): Problem[] {
  if (api === undefined) return [];
  const { repository, name, tag } = imageOf(api);
  const wanted = migratorBeside(api.image);
  if (migrator === undefined) {
    // A release pulls it by a name of a version.
    if (settingNamed("SCANI_IMAGE_TAG").schema.safeParse(tag).success && name === "api" && repository !== "") return [];
    return [{ what: `The image ${wanted} is not on the engine, and a release needs it.`, type: dockerPull(wanted) }];
  }
  const [ours, its] = [api, migrator].map(({ imageLabels }) => imageLabels[versionLabel]);
  if (ours === undefined || its === undefined || ours === its) return [];
  return [
    {
      what: `The image ${migrator.image} is of Scani ${its}, and ${api.name} runs ${ours}.`,
      type: dockerPull(migrator.image),
    },
  ];
}

/** Keys that services must share, by who has them under which name. */
const shared = [
  [
    ["api", "ENCRYPTION_KEY"],
    ["worker", "ENCRYPTION_KEY"],
  ],
  [
    ["api", "BETTER_AUTH_SECRET"],
    ["data-provider", "BETTER_AUTH_SECRET"],
  ],
  [
    ["api", "SCANI_CLOUD_API_KEY"],
    ["worker", "SCANI_CLOUD_API_KEY"],
  ],
  [
    ["api", "SCANI_CLOUD_API_KEY"],
    ["data-provider", "DATA_PROVIDER_API_KEY"],
  ],
  [
    ["api", "SCANI_CLOUD_URL"],
    ["worker", "SCANI_CLOUD_URL"],
  ],
  [
    ["api", "DATABASE_URL"],
    ["worker", "DATABASE_URL"],
  ],
  [
    ["api", "DATABASE_URL"],
    ["data-provider", "DATABASE_URL"],
  ],
  [
    ["data-provider", "S3_SECRET_ACCESS_KEY"],
    ["worker", "S3_SECRET_ACCESS_KEY"],
  ],
] as const;

function keys(project: ComposeProject, parts: ScaniParts, { acceptPublicKey }: AdoptIntent): Problem[] {
  const differing = shared.flatMap((pair): Problem[] => {
    const [one, two] = pair.map(([service, name]) => parts[service]?.environment[name]);
    if (one === undefined || two === undefined || one === two) return [];
    return [
      {
        what: `${pair[1][1]} of ${pair[1][0]} is not ${pair[0][1]} of ${pair[0][0]}; both must be the same.`,
        why: "Correct the .env file beside the compose file, and let compose apply it.",
        type: composeUp(project),
      },
    ];
  });
  const published = ["ENCRYPTION_KEY", "BETTER_AUTH_SECRET", "JOBS_HMAC_SECRET", "LOG_ID_PEPPER"].filter((name) =>
    isDevelopmentValue(parts.api?.environment[name] ?? ""),
  );
  if (acceptPublicKey || published.length === 0) return differing;
  return [
    ...differing,
    {
      what: `${published.join(", ")} ${published.length === 1 ? "is" : "are"} what Scani publishes for development: anybody can read what is sealed or signed with it.`,
      why: "An ENCRYPTION_KEY cannot be changed without entering every credential again; to go on with it as it is:",
      type: adoptCommand("--accept-public-key"),
    },
  ];
}

/** Variables that say where a server is, by who has them. */
const addresses = [
  ["api", "DATABASE_URL"],
  ["api", "REDIS_URL"],
  ["api", "SCANI_CLOUD_URL"],
  ["data-provider", "S3_ENDPOINT"],
  ["data-provider", "SMTP_URL"],
] as const;

/** Programs that catch mails, by their images' names. */
const catchers = /mailpit|mailhog|maildev|mailcatcher|inbucket|smtp4dev|greenmail/i;

/** Servers that are nowhere a release could reach them, or whose place nothing of base's takes. */
function places(project: ComposeProject, parts: ScaniParts): Problem[] {
  const unknown = addresses.flatMap(([service, name]): Problem[] => {
    const holder = parts[service];
    const url = variableOf(holder, name) ?? "";
    if (holder === undefined || !URL.canParse(url)) return [];
    const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
    if (namedBy(project, host) !== undefined) return [];
    const isOwn = host === "localhost" || host === "host.docker.internal" || holder.extraHosts.includes(host);
    if (!isOwn && (host.includes(".") || isIP(host) !== 0)) return [];
    return [
      {
        what: `${name} of ${holder.name} names ${host}, which only ${isOwn ? "that container" : "containers on its networks"} can reach, and none of this project is called so.`,
        why: "A release needs an address that every container of this engine reaches: a full name, or an IP address. Give it in the .env file beside the compose file, and let compose apply it.",
        type: composeUp(project),
      },
    ];
  });
  const { mail } = serversOf(project);
  if (mail === undefined || catchers.test(mail.image)) return unknown;
  return [
    ...unknown,
    {
      what: `SMTP_URL names ${mail.name} (${mail.image}), which delivers mails; base's own mail server catches them, and nobody could sign in any more.`,
      why: "Publish its port and give its address on this machine, or that of the mail server behind it, as SMTP_URL in the .env file beside the compose file.",
      type: composeUp(project),
    },
  ];
}

function postgresProblems(project: ComposeProject, parts: ScaniParts, evidence: AdoptEvidence): Problem[] {
  const { postgres } = serversOf(project);
  if (postgres === undefined) return [];
  const { database, strangers } = evidence;
  const mount = postgres.mounts.find(({ path }) => path === postgresDataPath);
  const imageMajor = postgresMajor(
    postgres.image,
    Object.entries(postgres.ofImage).map((pair) => pair.join("=")),
  );
  const dataPath = variableOf(postgres, "PGDATA") ?? postgresDataPath;
  const wrong: (Problem | false)[] = [
    mount?.type !== "volume" && {
      what: `${postgres.name} keeps its data ${mount === undefined ? `elsewhere than ${postgresDataPath}` : `in ${mount.source}, a folder of the host`}, and only a volume can be taken over.`,
      why: "Dump the database and restore it into an install of this module's own, or move the data into a volume.",
      type: dockerCreateVolume("scani_postgres-data"),
    },
    mount?.type === "volume" &&
      dataPath.replace(/\/$/, "") !== postgresDataPath && {
        what: `${postgres.name} keeps its data in ${dataPath} (PGDATA), and only data in the volume itself, at ${postgresDataPath}, can be taken over.`,
        why: "Dump the database and restore it into an install of this module's own, or move the data up in its volume and take PGDATA out of the compose file.",
        type: composeUp(project),
      },
    postgres.state === "running" &&
      database !== undefined &&
      database.isSuperuser === undefined && {
        what: `${postgres.name} lets nobody in over the socket in its container as ${roleOf(parts)}, as backups do.`,
        why: "Its pg_hba.conf has to begin with: local all all trust",
        type: dockerPsql(postgres.name, roleOf(parts), "show hba_file"),
      },
    database?.isSuperuser === false && {
      what: `${roleOf(parts)}, with whom Scani logs in to ${postgres.name}, is no superuser, as whoever restores a backup has to be.`,
      type: dockerPsql(
        postgres.name,
        variableOf(postgres, "POSTGRES_USER") ?? "postgres",
        `alter role "${roleOf(parts)}" superuser`,
      ),
    },
    database?.takesPassword === false && {
      what: `${postgres.name} does not take the password in DATABASE_URL.`,
      type: dockerPsql(postgres.name, roleOf(parts), "\\password"),
    },
    database?.keyOpens === false && {
      what: "ENCRYPTION_KEY opens none of the stored credentials that were tried.",
      why: "They were sealed with another key, which has to be in the .env file beside the compose file.",
      type: composeUp(project),
    },
    database?.major !== undefined &&
      imageMajor !== undefined &&
      database.major !== imageMajor && {
        what: `The data was made by Postgres ${database.major}, and ${postgres.name} runs ${imageMajor}.`,
        type: composeUp(project),
      },
  ];
  return [
    ...wrong.filter((one) => one !== false),
    ...strangers.map((name) => ({
      what: `The volume of ${postgres.name} is used by ${name} too.`,
      type: dockerStop(name),
    })),
  ];
}

/** Room for a dump, for the second copy of the data that reading it back makes, and for a copy of the files. */
function diskProblems({ database, objects }: AdoptEvidence): Problem[] {
  if (database?.freeMiB === undefined || database.bytes === undefined) return [];
  const files = objects !== undefined && "bytes" in objects ? objects.bytes : 0;
  const neededMiB = Math.ceil((2 * database.bytes + files) / 1024 / 1024) + 256;
  if (database.freeMiB >= neededMiB) return [];
  return [
    {
      what: `The engine's disk has ${database.freeMiB} MiB free; ${neededMiB} are needed for a backup, to read it back, and for a copy of the files.`,
      type: dockerPrunes[0],
    },
  ];
}

function bucketProblems(project: ComposeProject, { objects }: AdoptEvidence): Problem[] {
  if (objects === undefined || !("refused" in objects)) return [];
  return [
    {
      what: `The files in ${serversOf(project).objectStore?.name ?? "the S3 server"} cannot be listed with the keys Scani has: ${objects.refused}`,
      why: "S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY in the .env file beside the compose file have to be keys of that server.",
      type: composeUp(project),
    },
  ];
}

function roleOf(parts: ScaniParts): string {
  const url = parts.api?.environment.DATABASE_URL ?? "";
  return URL.canParse(url) ? decodeURIComponent(new URL(url).username) : "scani";
}

/** A port of the page's that is to be taken has to be there, and to be the only one. */
function portProblems(project: ComposeProject, { "frontend-app": page }: ScaniParts, intent: AdoptIntent): Problem[] {
  if (intent.port !== undefined || page === undefined) return [];
  const ports = [...new Set(page.published.map((address) => publishedAt(address).port))];
  if (ports.length === 1) return [];
  return [
    {
      what:
        ports.length === 0
          ? `${page.name} publishes no port that could be taken.`
          : `${page.name} publishes ${ports.length} ports (${ports.join(", ")}), and the gateway has one.`,
      why: "With a port of its own the gateway serves beside it, until whatever sends browsers there is pointed at it.",
      type: adoptCommand(project.name, "--port", "8090"),
    },
  ];
}

function taken(
  project: ComposeProject,
  { published, takenNames, installed }: AdoptEvidence,
  intent: AdoptIntent,
): Problem[] {
  const holder = published.find(({ port }) => port === intent.port);
  return [
    ...(holder === undefined || intent.port === undefined
      ? []
      : [
          {
            what: `Port ${intent.port} is taken by ${holder.container}.`,
            type: adoptCommand(project.name, "--port", String(intent.port + 1)),
          },
        ]),
    ...takenNames.map((name) => ({
      what: `There is a ${name} already, which is not this module's.`,
      why: "Give the install another name:",
      type: withVariable("SCANI_NAME", `${intent.install}-2`, adoptCommand(project.name)),
    })),
    ...(installed
      ? [
          {
            what: `There is an install ${intent.install} already, beside the project ${project.name}.`,
            type: statusCommand(intent.install),
          },
        ]
      : []),
  ];
}
