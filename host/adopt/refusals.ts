import { isIP } from "node:net";
import {
  adoptAsCommand,
  adoptBesideCommand,
  adoptCommand,
  composeBuildMigrator,
  composePull,
  composeScale,
  composeUp,
  dockerLogs,
  dockerPrunes,
  dockerPull,
  dockerStopForGood,
  statusCommand,
} from "../../util/commands";
import type { Problem } from "../../util/operatorError";
import { settingNamed } from "../../settings";
import { isDevelopmentValue } from "../../settings/unsafe";
import { commandToRun } from "../engine/containers/commandToRun";
import { publishedAt } from "../engine/containers/published";
import { hostOf } from "../../util/host";
import { objectStoreOf, type AdoptEvidence } from "./evidence";
import type { MemorySetting } from "./compose/memory";
import { addressesOf } from "./notes";
import { postgresProblems } from "./postgres/postgresRefusals";
import { dataProviderPort } from "../install/services/release";
import {
  aliveAs,
  bindAddressOf,
  findersOf,
  hostsNamed,
  imageOf,
  isEgress,
  leftProviderOf,
  migratorsBeside,
  onlyReachedBy,
  scaniServices,
  serverOf,
  serversOf,
  tierOf,
  variableOf,
  versionLabel,
  versionOf,
  type ComposeContainer,
  type ComposeProject,
  type ScaniParts,
} from "./compose/project";

/** Options the operator gave for an adoption. */
export interface AdoptIntent {
  /** Name the install is to have. */
  readonly install: string;
  /** True where the name is only in the shell's environment and has to be stored for later commands. */
  readonly keepsName?: boolean;
  /** Port the gateway is to listen on; undefined where it is to take the one the page has now. */
  readonly port?: number;
  /** Name of the tier's Pulumi stack. */
  readonly stack: string;
  /** Settings the operator has given by other ways, which stay. */
  readonly chosen?: Readonly<Partial<Record<MemorySetting | "MAILPIT_UI_PORT" | "CSP_CONNECT_SRC" | "subnet", string>>>;
  readonly acceptPublicKey: boolean;
}

/** Scani's first version whose queue is in Postgres. */
const firstVersion = [0, 15] as const;

/** Returns every reason not to adopt a project as it is now. Pure. */
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
    ...hiddenVariables(project, parts),
    ...keys(project, parts, intent),
    ...authorityProblems(project, evidence),
    ...places(project, parts, evidence),
    ...frontProblems(project, parts),
    ...postgresProblems(project, parts, evidence, intent.chosen?.subnet),
    ...diskProblems(evidence),
    ...bucketProblems(project, evidence),
    ...portProblems(project, parts, intent),
    ...taken(project, evidence, intent),
  ];
}

function missingParts(project: ComposeProject, parts: ScaniParts): Problem[] {
  const needed = scaniServices.filter((service) => tierOf(project) === "tier1" || service !== "data-provider");
  const missing = needed.filter((service) => parts[service] === undefined);
  if (missing.length === 0) return [];
  return [
    {
      what: `The project ${project.name} has no container of Scani's ${missing.join(", ")}.`,
      type: composeUp(project),
    },
  ];
}

/** Refuses several containers of one service: only one is followed, and a second worker would go on taking jobs. */
function severalParts(project: ComposeProject): Problem[] {
  const left = leftProviderOf(project) !== undefined;
  return scaniServices.flatMap((service): Problem[] => {
    const all = left && service === "data-provider" ? [] : aliveAs(project, service);
    if (all.length < 2) return [];
    const what = `${all.length} containers do the work of Scani's ${service}: ${all.map(({ name }) => name).join(", ")}.`;
    const first = all.find(({ state }) => state === "running") ?? all[0];
    if (all.every((one) => one.service === first.service))
      return [{ what, why: "One of them is to be left.", type: composeScale(project, first.service) }];
    return [
      {
        what,
        why: `They are not of one service. One is to be left, and the others taken out of the compose file where they are in it, or compose starts them again. This leaves ${first.name}:`,
        type: dockerStopForGood(...all.filter((one) => one !== first).map(({ name }) => name)),
      },
    ];
  });
}

/** Refuses containers that do not run well now: later they could not be told from what an adoption broke. */
function unhealthy(project: ComposeProject, parts: ScaniParts): Problem[] {
  const { postgres, redis, objectStore } = serversOf(project);
  // Whether its files can be read is checked by listing them, not by its health; on tier 2 they are not needed.
  const isNeeded = objectStore?.state !== "running" && tierOf(project) === "tier1";
  return [...Object.values(parts), postgres, redis, isNeeded ? objectStore : undefined]
    .filter((one) => one !== undefined)
    .flatMap(notWell);
}

function notWell({ name, state, health }: ComposeContainer): Problem[] {
  if (state === "restarting")
    return [
      { what: `${name} ends and is started again, over and over.`, why: "Its log says why:", type: dockerLogs(name) },
    ];
  if (state !== "running") return [{ what: `${name} is ${state}.`, type: commandToRun(name, state) }];
  if (health === undefined || health === "healthy") return [];
  return [{ what: `${name} is not healthy now (${health}).`, type: dockerLogs(name) }];
}

function versions(project: ComposeProject, parts: ScaniParts): Problem[] {
  const all = Object.values(parts);
  // An image's version label counts before its tag, which may move or be missing next to a digest.
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

/** Refuses a migrator's image that is missing, or of another version than api's. */
function migratorProblems(project: ComposeProject, { api }: ScaniParts): Problem[] {
  if (api === undefined) return [];
  const { migrator } = project;
  const { repository, name, tag } = imageOf(api);
  // The last name is the version's, since a tag that moves may mean another version by now.
  const wanted = migratorsBeside(api).at(-1) ?? "";
  const type = repository === "" ? composeBuildMigrator(project) : dockerPull(wanted);
  if (migrator === undefined) {
    // A release pulls it where its tag names a version.
    if (settingNamed("SCANI_IMAGE_TAG").schema.safeParse(tag).success && name === "api" && repository !== "") return [];
    return [{ what: `The image ${wanted} is not on the engine, and a release needs it.`, type }];
  }
  const [ours, its] = [api, migrator].map(({ imageLabels }) => imageLabels[versionLabel]);
  if (ours === undefined || its === undefined || ours === its) return [];
  return [{ what: `The image ${migrator.image} is of Scani ${its}, and ${api.name} runs ${ours}.`, type }];
}

/** Variables that Scani's services do not start without, `LOG_ID_PEPPER` in production alone. Source: the schemas of their environments, 0.17.1. */
const required: Readonly<Record<(typeof scaniServices)[number], readonly string[]>> = {
  api: [
    ...["DATABASE_URL", "REDIS_URL", "FRONTEND_URL", "BACKEND_URL", "SCANI_CLOUD_URL", "SCANI_CLOUD_API_KEY"],
    ...["BETTER_AUTH_SECRET", "ENCRYPTION_KEY", "JOBS_HMAC_SECRET", "LOG_ID_PEPPER"],
  ],
  worker: ["DATABASE_URL", "REDIS_URL", "ENCRYPTION_KEY", "LOG_ID_PEPPER", "SCANI_CLOUD_URL", "SCANI_CLOUD_API_KEY"],
  "data-provider": ["REDIS_URL", "DATA_PROVIDER_API_KEY", "LOG_ID_PEPPER"],
  "frontend-app": [],
};

/** Refuses services that run without a required variable: they have it from a file not visible from outside. */
function hiddenVariables(project: ComposeProject, parts: ScaniParts): Problem[] {
  return scaniServices.flatMap((service) => {
    const holder = parts[service];
    const needed = (name: string) => name !== "LOG_ID_PEPPER" || variableOf(holder, "NODE_ENV") === "production";
    const hidden = required[service].filter((name) => needed(name) && (variableOf(holder, name) ?? "") === "");
    if (holder === undefined || hidden.length === 0) return [];
    return [
      {
        what: `The environment of ${holder.name} has no ${hidden.join(", ")}, without which Scani does not start: it has them from elsewhere, as from a file that is mounted or an entrypoint of your own.`,
        why: "Nothing else is read, and what is missing would be made anew: everybody would be signed out, or the data be unreadable. Give them to the service in the compose file (environment, or env_file), and let compose apply it.",
        type: composeUp(project),
      },
    ];
  });
}

/** Refuses files of a private authority in which no certificate can be read, since it could not be kept. */
function authorityProblems(project: ComposeProject, { authorities = [] }: AdoptEvidence): Problem[] {
  return authorities
    .filter(({ certificates }) => certificates.length === 0)
    .map(({ container, path }) => ({
      what: `NODE_EXTRA_CA_CERTS of ${container} names ${path}, in which there is no certificate that could be kept as caCertificate.`,
      why: "Name the file of the authority's certificate, in PEM form, or take the variable out of the compose file, and let compose apply it.",
      type: composeUp(project),
    }));
}

/** Pairs of variables that must have the same value, each by its service and name. */
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

function keys(project: ComposeProject, parts: ScaniParts, intent: AdoptIntent): Problem[] {
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
  if (intent.acceptPublicKey || published.length === 0) return differing;
  return [
    ...differing,
    {
      what: `${published.join(", ")} ${published.length === 1 ? "is" : "are"} what Scani publishes for development: anybody can read what is sealed or signed with it.`,
      why: "An ENCRYPTION_KEY cannot be changed without entering every credential again; to go on with it as it is:",
      type: adoptCommand(project.name, ...portWords(intent), "--accept-public-key"),
    },
  ];
}

/** Returns the options that ask for the same port again. */
function portWords({ port }: AdoptIntent): string[] {
  return port === undefined ? ["--take-port"] : ["--port", String(port)];
}

/** Variables that name a server, by the service that has them. */
const addresses = [
  ["api", "DATABASE_URL"],
  ["api", "REDIS_URL"],
  ["api", "SCANI_CLOUD_URL"],
  ["data-provider", "S3_ENDPOINT"],
  ["data-provider", "SMTP_URL"],
] as const;

/** Image names of programs that catch mails. */
const catchers = /mailpit|mailhog|maildev|mailcatcher|inbucket|smtp4dev|greenmail/i;

/** Image names of servers that base's own replace. Any other program may serve more than Scani. */
const replaceableImages = {
  REDIS_URL: /redis|valkey|keydb|dragonfly|kvrocks|garnet/i,
  S3_ENDPOINT: /minio|versity|garage|seaweed|ceph|cloudserver|localstack|rustfs/i,
} as const;

/** Refuses servers that a release could not reach, or that base's own do not replace. */
function places(project: ComposeProject, parts: ScaniParts, evidence: AdoptEvidence): Problem[] {
  const unknown = addresses.flatMap(([service, name]): Problem[] => {
    const holder = parts[service];
    const url = variableOf(holder, name) ?? "";
    const only = holder && serverOf(project, url) === undefined ? onlyReachedBy(holder, url) : undefined;
    if (holder === undefined || only === undefined) return [];
    return [
      {
        what: `${name} of ${holder.name} names ${hostOf(url)}, which only ${only} can reach, and none of this project is called so.`,
        why: "A release needs an address that every container of this engine reaches: a full name, or an IP address. Give it in the .env file beside the compose file, and let compose apply it.",
        type: composeUp(project),
      },
    ];
  });
  return [
    ...unknown,
    ...sixProblems(project, parts),
    ...egressProblems(project, parts),
    ...ownProviderProblems(project, parts),
    ...mailProblems(project),
    ...middlemanProblems(project, evidence),
  ];
}

/** Refuses servers named by an IPv6 address, since a release's networks have IPv4 alone. */
function sixProblems(project: ComposeProject, parts: ScaniParts): Problem[] {
  return addresses.flatMap(([service, name]): Problem[] => {
    const holder = parts[service];
    const host = hostOf(variableOf(holder, name) ?? "") ?? "";
    if (holder === undefined || isIP(host) !== 6 || host === "::1") return [];
    return [
      {
        what: `${name} of ${holder.name} names ${host}, and a release's networks have IPv4 alone.`,
        why: "Give the server's name, or its IPv4 address, in the .env file beside the compose file, and let compose apply it.",
        type: composeUp(project),
      },
    ];
  });
}

/** Refuses an outgoing proxy that a release cannot reach, since its requests to providers would fail. */
function egressProblems(project: ComposeProject, parts: ScaniParts): Problem[] {
  return scaniServices.flatMap((service) => {
    const holder = parts[service];
    return Object.entries(holder?.environment ?? {}).flatMap(([name, value]): Problem[] => {
      const [host] = isEgress(name) ? hostsNamed(name, value) : [];
      const only = holder && host !== undefined ? onlyReachedBy(holder, `http://${host}`) : undefined;
      if (holder === undefined || only === undefined) return [];
      return [
        {
          what: `${name} of ${holder.name} names ${host}, which only ${only} can reach.`,
          why: "A release goes out by a proxy that every container of this engine reaches: publish its port, and give an address of this machine, or its full name, in the compose file.",
          type: composeUp(project),
        },
      ];
    });
  });
}

/** Refuses the project's own data-provider by another address than its name: it stops and would be missing. */
function ownProviderProblems(project: ComposeProject, { api, "data-provider": provider }: ScaniParts): Problem[] {
  const url = variableOf(api, "SCANI_CLOUD_URL") ?? "";
  const isNamed = api === undefined || tierOf(project) === "tier1" || onlyReachedBy(api, url) !== undefined;
  if (provider === undefined || isNamed || !URL.canParse(url)) return [];
  return [
    {
      what: `SCANI_CLOUD_URL names ${hostOf(url)}, and its key is that of ${provider.name}: api reaches the project's own data-provider by another way than its name.`,
      why: `Give http://${provider.service}:${dataProviderPort} as SCANI_CLOUD_URL in the .env file beside the compose file, and let compose apply it.`,
      type: composeUp(project),
    },
  ];
}

function mailProblems(project: ComposeProject): Problem[] {
  const { mail } = serversOf(project);
  if (mail === undefined || catchers.test(mail.image)) return [];
  return [
    {
      what: `SMTP_URL names ${mail.name} (${mail.image}), which delivers mails; base's own mail server catches them, and nobody could sign in any more.`,
      why: "Publish its port and give its address on this machine, or that of the mail server behind it, as SMTP_URL in the .env file beside the compose file.",
      type: composeUp(project),
    },
  ];
}

/** Refuses a proxy in the place of Redis or S3: it would be stopped for good, with whatever else it serves. */
function middlemanProblems(project: ComposeProject, evidence: AdoptEvidence): Problem[] {
  const { redis } = serversOf(project);
  const found = [
    { variable: "REDIS_URL", server: redis, kind: "Redis", example: "redis://redis:6379" },
    {
      variable: "S3_ENDPOINT",
      server: objectStoreOf(project, evidence),
      kind: "S3",
      example: "http://minio:9000, and the address browsers use as S3_PUBLIC_ENDPOINT",
    },
  ] as const;
  return found.flatMap(({ variable, server, kind, example }) => {
    if (server === undefined || replaceableImages[variable].test(imageOf(server).name)) return [];
    return [
      {
        what: `${variable} names ${server.name} (${server.image}), which is not known as a ${kind} server; base's own takes its place, and it would be stopped.`,
        why: [
          `Where the server is behind it, give the server's own name, as ${example}, in the .env file beside the compose file.`,
          "A server that is to stay keeps serving Scani by an address of this machine its port is published on.",
        ].join("\n"),
        type: composeUp(project),
      },
    ];
  });
}

/** Refuses an api reached otherwise than through the page: the gateway has the page's address alone. */
function frontProblems(project: ComposeProject, { api, "frontend-app": page }: ScaniParts): Problem[] {
  if (api === undefined) return [];
  const [front, back] = ["FRONTEND_URL", "BACKEND_URL"].map((name) => variableOf(api, name) ?? "");
  const isSplit = URL.canParse(front) && URL.canParse(back) && new URL(front).origin !== new URL(back).origin;
  const finders = findersOf(api);
  const ways = [
    ...(isSplit ? [`BACKEND_URL is ${back}, and FRONTEND_URL ${front}`] : []),
    ...(api.published.length === 0 ? [] : [`it is published on ${api.published.join(", ")}`]),
    ...(finders.length === 0 ? [] : [`a proxy finds it by ${finders.join(", ")}`]),
  ];
  if (ways.length === 0) return [];
  return [
    {
      what: `${api.name} is reached otherwise than through ${page?.name ?? "the page"}, and nothing would answer there any more: ${ways.join("; ")}.`,
      why: [
        "The gateway has one address for both, and passes on to api what comes below /api, as Scani's own page does.",
        "Give BACKEND_URL the value of FRONTEND_URL in the .env file beside the compose file, take the api's ports and labels out of the compose file, let your proxy send everything to the page, and let compose apply it. COOKIE_DOMAIN may stay.",
        "A page that was built to call another address (VITE_API_URL) has to be the published one again, which calls /api.",
      ].join("\n"),
      type: composeUp(project),
    },
  ];
}

/** Refuses a disk without room for a dump, the copy of the data that reading it back makes, and one of the files. */
function diskProblems({ database, objects }: AdoptEvidence): Problem[] {
  if (database?.freeMiB === undefined || database.bytes === undefined) return [];
  const files = objects !== undefined && "count" in objects ? objects.bytes : 0;
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
  if (objects === undefined || "count" in objects || tierOf(project) === "tier2") return [];
  const server = serversOf(project).objectStore?.name ?? "";
  if ("unreached" in objects)
    return [
      {
        what: `${server} cannot be reached as Scani reaches it, to copy its files: ${objects.unreached}`,
        why: "Its log may say why. Where its certificate is of a private authority, NODE_EXTRA_CA_CERTS of Scani's services has to name the file of that authority's certificate, in the compose file; let compose apply it.",
        type: [dockerLogs(server), composeUp(project)],
      },
    ];
  return [
    {
      what: `The files in ${server} cannot be listed with the keys Scani has: ${objects.refused}`,
      why: "S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY in the .env file beside the compose file have to be keys of that server.",
      type: composeUp(project),
    },
  ];
}

/** Refuses to take the page's port unless it publishes exactly one, on addresses the gateway can have. Pure. */
export function portProblems(
  project: ComposeProject,
  { "frontend-app": page }: ScaniParts,
  intent: Pick<AdoptIntent, "port">,
): Problem[] {
  if (intent.port !== undefined || page === undefined) return [];
  const ports = [...new Set(page.published.map((address) => publishedAt(address).port))];
  const what =
    page.networkOwner !== undefined
      ? `${page.name} has the network of ${page.networkOwner}, and no port of its own that could be taken.`
      : ports.length === 0
        ? `${page.name} publishes no port that could be taken.`
        : ports.length > 1
          ? `${page.name} publishes ${ports.length} ports (${ports.join(", ")}), and the gateway has one.`
          : !bindAddressOf(page).isAsked
            ? undefined
            : `${page.name} publishes port ${ports[0]} on ${addressesOf(page)}, and the gateway listens on one IPv4 address.`;
  if (what === undefined) return [];
  return [
    {
      what,
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
  const free = (port: number): number => (published.some((one) => one.port === port) ? free(port + 1) : port);
  return [
    ...(holder === undefined || intent.port === undefined
      ? []
      : [
          {
            what: `Port ${intent.port} is taken by ${holder.container}.`,
            type: adoptCommand(project.name, "--port", String(free(intent.port))),
          },
        ]),
    ...takenNames.map((name) => ({
      what: `There is a ${name} already, which is not this module's.`,
      why: "Give the install another name:",
      type: adoptAsCommand(`${intent.install}-2`, project.name, ...portWords(intent)),
    })),
    ...(installed
      ? [
          {
            what: `There is an install ${intent.install} already, beside the project ${project.name}.`,
            why: "The first says what serves. Where the project is another Scani, with data of its own, the second makes it an install beside that one, with stacks of its own:",
            type: [
              statusCommand(intent.install),
              adoptBesideCommand(intent.install, project.name, ...portWords(intent)),
            ],
          },
        ]
      : []),
  ];
}
