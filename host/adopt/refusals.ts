import { adoptCommand, dockerStart, dockerStop, statusCommand } from "../../util/commands";
import type { Problem } from "../../util/operatorError";
import { isDevelopmentValue } from "../../settings/unsafe";
import { postgresMajor } from "../guards/postgresMajor";
import { postgresDataPath } from "../install/postgresData";
import type { AdoptEvidence } from "./evidence";
import {
  imageOf,
  scaniServices,
  serverOf,
  variableOf,
  type ComposeContainer,
  type ComposeProject,
  type ScaniParts,
} from "./project";

/** What the operator asked for. */
export interface AdoptIntent {
  /** Name the install is to have. */
  readonly install: string;
  /** Port the gateway is to listen on; undefined where it is to take the one the page has now. */
  readonly port?: number;
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
    ...unhealthy(project, parts),
    ...versions(parts),
    ...keys(parts, intent),
    ...postgresProblems(project, parts, evidence),
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

const composeUp = ({ folder }: ComposeProject): string =>
  `cd ${folder || "<folder of the compose file>"} && docker compose up -d`;

/** What does not run well now cannot be told from what an adoption broke. */
function unhealthy(project: ComposeProject, parts: ScaniParts): Problem[] {
  const servers = [parts.api?.environment.DATABASE_URL, parts.api?.environment.REDIS_URL].map((url) =>
    serverOf(project, url),
  );
  const needed = [...Object.values(parts), ...servers].filter((one): one is ComposeContainer => one !== undefined);
  return needed.flatMap(({ name, state, health }) => {
    if (state !== "running") return [{ what: `${name} is ${state}.`, type: dockerStart(name) }];
    if (health === undefined || health === "healthy") return [];
    return [{ what: `${name} is not healthy now (${health}).`, type: `docker logs --tail 50 ${name}` }];
  });
}

function versions(parts: ScaniParts): Problem[] {
  const images = Object.values(parts).map((one) => ({ ...imageOf(one), image: one.image }));
  const names = new Set(images.map(({ repository, tag }) => `${repository} ${tag}`));
  const different: Problem[] =
    names.size < 2
      ? []
      : [
          {
            what: `Scani's images are not of one version: ${images.map(({ image }) => image).join(", ")}.`,
            type: "docker compose pull && docker compose up -d",
          },
        ];
  const version = versionOf(parts.api);
  const [major, minor] = version ?? firstVersion;
  const old: Problem[] =
    major > firstVersion[0] || minor >= firstVersion[1]
      ? []
      : [
          {
            what: `Scani ${major}.${minor} is older than ${firstVersion.join(".")}: its queue is in Redis, and what is in it would be lost.`,
            why: "Update it with compose first, and let the queue run empty.",
            type: "docker compose pull && docker compose up -d",
          },
        ];
  return [...different, ...old];
}

function versionOf(api: ComposeContainer | undefined): readonly [number, number] | undefined {
  if (api === undefined) return undefined;
  const text = api.imageLabels["org.opencontainers.image.version"] ?? imageOf(api).tag;
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
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
] as const;

function keys(parts: ScaniParts, { acceptPublicKey }: AdoptIntent): Problem[] {
  const differing = shared.flatMap((pair): Problem[] => {
    const [one, two] = pair.map(([service, name]) => parts[service]?.environment[name]);
    if (one === undefined || two === undefined || one === two) return [];
    return [
      {
        what: `${pair[1][1]} of ${pair[1][0]} is not ${pair[0][1]} of ${pair[0][0]}; both must be the same.`,
        why: "Correct the .env file beside the compose file, and let compose apply it.",
        type: "docker compose up -d",
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

function postgresProblems(project: ComposeProject, parts: ScaniParts, evidence: AdoptEvidence): Problem[] {
  const postgres = serverOf(project, parts.api?.environment.DATABASE_URL);
  if (postgres === undefined) return [];
  const { database, strangers } = evidence;
  const mount = postgres.mounts.find(({ path }) => path === postgresDataPath);
  const imageMajor = postgresMajor(
    postgres.image,
    Object.entries(postgres.ofImage).map((pair) => pair.join("=")),
  );
  const wrong: (Problem | false)[] = [
    mount?.type !== "volume" && {
      what: `${postgres.name} keeps its data ${mount === undefined ? `elsewhere than ${postgresDataPath}` : `in ${mount.source}, a folder of the host`}, and only a volume can be taken over.`,
      why: "Dump the database and restore it into an install of this module's own, or move the data into a volume.",
      type: "docker volume create scani_postgres-data",
    },
    database?.takesPassword === false && {
      what: `${postgres.name} does not take the password in DATABASE_URL.`,
      type: `docker exec -it ${postgres.name} psql -U ${roleOf(parts)} -c '\\password'`,
    },
    database?.keyOpens === false && {
      what: "ENCRYPTION_KEY opens none of the stored credentials that were tried.",
      why: "They were sealed with another key, which has to be in the .env file beside the compose file.",
      type: "docker compose up -d",
    },
    database?.major !== undefined &&
      imageMajor !== undefined &&
      database.major !== imageMajor && {
        what: `The data was made by Postgres ${database.major}, and ${postgres.name} runs ${imageMajor}.`,
        type: "docker compose up -d",
      },
    database?.bytes !== undefined &&
      database.freeMiB !== undefined &&
      database.freeMiB < neededMiB(database.bytes) && {
        what: `The engine's disk has ${database.freeMiB} MiB free; ${neededMiB(database.bytes)} are needed for a backup and to read it back.`,
        type: "docker image prune",
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

/** Room for a dump, and for the second copy of the data that reading it back makes. */
function neededMiB(bytes: number): number {
  return Math.ceil((2 * bytes) / 1024 / 1024) + 256;
}

function roleOf(parts: ScaniParts): string {
  const url = parts.api?.environment.DATABASE_URL ?? "";
  return URL.canParse(url) ? decodeURIComponent(new URL(url).username) : "scani";
}

/** A port of the page's that is to be taken has to be there, and to be the only one. */
function portProblems(project: ComposeProject, { "frontend-app": page }: ScaniParts, intent: AdoptIntent): Problem[] {
  if (intent.port !== undefined || page === undefined) return [];
  const ports = [...new Set(page.published.map((address) => address.slice(address.lastIndexOf(":") + 1)))];
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
      what: `There is a container ${name} already, which is not this module's.`,
      type: `docker rename ${name} ${name}-old`,
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
