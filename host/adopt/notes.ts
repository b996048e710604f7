import type { FurtherVariable } from "../../settings";
import {
  backupCommand,
  composeExec,
  composeUpWords,
  dockerConnect,
  dockerPsql,
  dockerPsqlSession,
  dockerStop,
  statusCommand,
} from "../../util/commands";
import { loginIn } from "../install/data/databaseUrl";
import { networkName } from "../install/network/addresses";
import { replaceable } from "../install/services/bundled";
import { containerName } from "../install/names/containerName";
import { isUp } from "../install/facts";
import { publishedAt } from "../engine/containers/published";
import type { AdoptEvidence } from "./evidence";
import {
  bindAddressOf,
  dataMountOf,
  findersOf,
  hostsNamed,
  isEgress,
  namesOnNetworks,
  othersOf,
  parametersIn,
  partsOf,
  scaniServices,
  serversOf,
  type ComposeContainer,
  type ComposeProject,
} from "./compose/project";
import { authorityVariable } from "../install/services/releaseVariables";
import { differenceNotes, isPlaced, type StackValues } from "./compose/variables";
import { sizeText } from "../../util/sizeText";
import { isPathWithin } from "../../util/files/pathWithin";

/** Parts of a plan that its notes mention. */
export interface Noted {
  readonly install: string;
  /** Port the page is on now, and will be on. */
  readonly port: { readonly now?: number; readonly then: number };
  /** Folder of the volume the data is moved into, and the volume, where the project has the database. */
  readonly folder: string;
  readonly volume?: string;
  /** The S3 server whose files are copied. */
  readonly objectStore?: ComposeContainer;
  /** Names of settings whose secrets are taken although they are short or published. */
  readonly accepted: readonly string[];
  readonly further: readonly FurtherVariable[];
  /** Memory limits above the defaults, MiB. */
  readonly memory: StackValues;
  /** Networks on which the gateway takes the page's names. */
  readonly fronts: readonly string[];
  /** Names that images get. */
  readonly tags: readonly string[];
  /** A data-provider that api does not use, and whether it stops with the rest. */
  readonly left?: { readonly container: ComposeContainer; readonly stops: boolean };
}

/** Returns what the operator should know before an adoption, a sentence or two each. Pure. */
export function notesOf(project: ComposeProject, evidence: AdoptEvidence, noted: Noted): string[] {
  const { volume, folder, accepted, further, tags } = noted;
  const { postgres, mail } = serversOf(project);
  const others = othersOf(project);
  return [
    ...(postgres === undefined
      ? [
          `Postgres is not the project's own and stays where it is: \`${composeUpWords(project)}\`, typed by mistake, starts a second worker on it, which \`${statusCommand()}\` names.`,
        ]
      : []),
    ...(volume === undefined ? [] : [`The data stays in the volume ${volume}, and moves into its folder ${folder}.`]),
    ...postgresNotes(project, noted),
    ...filesNotes(project, evidence, noted),
    ...(mail === undefined ? [] : [`Mails go to base's own catcher; those in ${mail.name} stay there.`]),
    ...(further.length === 0
      ? []
      : [
          `Further variables, kept as extraEnvironment: ${further.map(({ service, name }) => `${service} ${name}`).join(", ")}.`,
        ]),
    ...differenceNotes(partsOf(project)),
    ...memoryNotes(noted),
    ...authorityNotes(evidence),
    ...mountNotes(project),
    ...optionNotes(project),
    ...nameNotes(project, noted),
    ...labelNotes(project),
    ...frontNotes(project, evidence, noted),
    ...addressNotes(project, noted),
    ...networkNotes(evidence),
    ...userNotes(project, evidence, noted),
    ...leftNotes(noted),
    ...(tags.length === 0
      ? []
      : [`Images whose names may come to mean others get further ones: ${[...tags].sort().join(", ")}.`]),
    ...(evidence.database?.storesCredentials === false
      ? ["No credential is stored, so nothing shows whether ENCRYPTION_KEY is the right one."]
      : []),
    ...(accepted.length === 0
      ? []
      : [
          `Taken although short or published: ${accepted.join(", ")}. Give the database another password when this is over.`,
        ]),
    ...(others.length === 0 ? [] : [`Left to compose: ${others.map(({ name }) => name).join(", ")}.`]),
  ];
}

function memoryNotes({ memory }: Noted): string[] {
  const limits = Object.entries(memory).map(([name, value]) => `${name} ${value}`);
  return limits.length === 0
    ? []
    : [
        `Memory limits (MiB) above the defaults, as compose's containers have or Postgres is set to: ${limits.join(", ")}.`,
      ];
}

/** Bytes of shared memory Docker gives a container by default. */
const usualSharedMemory = 64 * 2 ** 20;

/** Lists arguments, URL parameters and memory that base's Postgres lacks, and commands that end with compose's. */
function postgresNotes(project: ComposeProject, { install }: Noted): string[] {
  const { postgres } = serversOf(project);
  const url = partsOf(project).api?.environment.DATABASE_URL;
  const login = loginIn(url);
  if (postgres === undefined || login === undefined) return [];
  const { ofConnection } = parametersIn(url);
  const words = postgres.arguments.filter((word, at) => at > 0 || word !== "postgres");
  const session = dockerPsqlSession(containerName(install, "postgres"), login.role, login.database);
  return [
    ...(words.length === 0
      ? []
      : [
          `${postgres.name} is started with ${words.join(" ")}; base's own is not. What ALTER SYSTEM SET has set stays with the data.`,
        ]),
    ...(ofConnection.length === 0
      ? []
      : [`DATABASE_URL of base's own Postgres has no ${ofConnection.join(", ")}, which compose's has.`]),
    ...((postgres.sharedMemory ?? 0) <= usualSharedMemory
      ? []
      : [
          `${postgres.name} has ${Math.round((postgres.sharedMemory ?? 0) / 2 ** 20)} MiB of shared memory (shm_size), and base's own 64 MiB, which large parallel queries exceed. From the next start on this has them use the disk: \`${dockerPsql(postgres.name, login.role, "alter system set dynamic_shared_memory_type = 'mmap'")}\`.`,
        ]),
    `What runs \`${composeExec(project, postgres.service, "…")}\`, a backup by cron for one, finds nothing there any more: backups are made by \`${backupCommand()}\`, and psql is \`${session}\`.`,
  ];
}

function filesNotes(project: ComposeProject, { objects }: AdoptEvidence, { objectStore }: Noted): string[] {
  const { objectStore: there } = serversOf(project);
  if (there === undefined) return [];
  if (objectStore === undefined) {
    const why =
      objects === undefined || "count" in objects
        ? `it is ${there.state}`
        : "refused" in objects
          ? `it does not take the keys Scani has (${objects.refused})`
          : `it does not answer Scani (${objects.unreached})`;
    return [
      `The files in ${there.name} do not come along: ${why}, and tier 2 does not use them. It stays with compose.`,
    ];
  }
  const found =
    objects !== undefined && "count" in objects
      ? `${objects.count} files (${sizeText(objects.bytes)}) are`
      : "Files are";
  const { isVersioned = false, buckets = [] } = objects !== undefined && "count" in objects ? objects : {};
  const newest = isVersioned ? ", in their newest version" : "";
  return [
    `${found} copied out of ${objectStore.name}${newest}; its volume stays as it is.`,
    ...(buckets.length === 0
      ? []
      : [
          `${objectStore.name} also has the ${listed("bucket", buckets)}, which nothing copies, and nobody reaches once it stops.`,
        ]),
  ];
}

/** Names things of one kind: `bucket a`, `buckets a, b`. Pure. */
export function listed(kind: string, names: readonly string[]): string {
  return `${kind}${names.length === 1 ? "" : "s"} ${names.join(", ")}`;
}

/** Names the certificate files that become a setting. */
function authorityNotes({ authorities = [] }: AdoptEvidence): string[] {
  const paths = [...new Set(authorities.map(({ path }) => path))];
  return paths.length === 0
    ? []
    : [`The certificates in ${paths.join(", ")} (${authorityVariable}) are kept as caCertificate.`];
}

/** Lists the mounts of Scani's containers and Postgres that are not taken over: all but the data. */
function mountNotes(project: ComposeProject): string[] {
  const parts = partsOf(project);
  const { postgres } = serversOf(project);
  const holders = [...scaniServices.map((service) => parts[service]), postgres].filter((one) => one !== undefined);
  return holders.flatMap((holder) =>
    holder.mounts
      .filter((mount) => mount.type !== "tmpfs" && (holder !== postgres || mount !== dataMountOf(holder)))
      .map(({ source, path }) => {
        const naming = Object.entries(holder.environment)
          .filter(([name, value]) => name !== authorityVariable && isPathWithin(value, path))
          .map(([name]) => name);
        const named = naming.length === 0 ? "" : `, though ${naming.join(", ")} names it`;
        return `${source}, mounted into ${holder.name} at ${path}, does not come along${named}.`;
      }),
  );
}

/** Lists options and programs of compose's containers that a release's and base's own do not get. */
function optionNotes(project: ComposeProject): string[] {
  const parts = partsOf(project);
  const services = scaniServices.flatMap((service) => parts[service] ?? []);
  const { postgres } = serversOf(project);
  const own = services.filter(({ ownProgram }) => ownProgram).map(({ name }) => name);
  const options = [...services, ...(postgres === undefined ? [] : [postgres])]
    .filter((one) => one.options.length > 0)
    .map((one) => `${one.options.join(" ")} of ${one.name}`);
  const finding = services.some((one) => one.options.some((option) => /^--(dns|add-host|network)/.test(option)));
  return [
    ...(options.length === 0
      ? []
      : [
          `What containers are created with that does not come along: ${options.join("; ")}.${finding ? " A release finds hosts, and reaches them, as any container of the engine does." : ""}`,
        ]),
    ...(own.length === 0
      ? []
      : [
          `${own.join(", ")} ${own.length === 1 ? "is" : "are"} not started as the image says (entrypoint or command in the compose file), and a release's own will be.`,
        ]),
  ];
}

/** Lists variables that name a container that stays with compose, or a host only a container's `extra_hosts` know. */
function nameNotes(project: ComposeProject, { objectStore, left }: Noted): string[] {
  const parts = partsOf(project);
  const { postgres, redis, mail } = serversOf(project);
  const gone = [...Object.values(parts), postgres, redis, mail, objectStore, left?.container];
  const stays = othersOf(project).filter((one) => !gone.includes(one));
  return scaniServices.flatMap((service) => {
    const holder = parts[service];
    if (holder === undefined) return [];
    const names = [...stays.flatMap(namesOnNetworks), ...holder.extraHosts];
    return Object.entries(holder.environment).flatMap(([variable, value]) => {
      if (isPlaced(variable) || isEgress(variable)) return [];
      const host = hostsNamed(variable, value).find((one) => names.includes(one));
      return host === undefined
        ? []
        : [`${variable} of ${holder.name} names ${host}, which a release does not find by that name.`];
    });
  });
}

/** Lists labels that other tools act on, such as a scheduler, a backup of volumes or an updater. */
function labelNotes(project: ComposeProject): string[] {
  const parts = partsOf(project);
  const { postgres, redis } = serversOf(project);
  const holders = [...scaniServices.map((service) => parts[service]), postgres, redis].filter(
    (one) => one !== undefined,
  );
  const found = holders.flatMap((holder) => {
    const known = findersOf(holder);
    const names = Object.entries(holder.labels)
      .filter(([name, value]) => value !== holder.imageLabels[name] && !known.includes(name))
      .map(([name]) => name)
      .filter((name) => !/^(com|desktop)\.docker\./.test(name));
    return names.length === 0 ? [] : [`${names.join(", ")} of ${holder.name}`];
  });
  return found.length === 0
    ? []
    : [`Labels that do not come along, with what other tools do by them: ${found.join("; ")}.`];
}

/** Lists containers and proxies that reach the page or api by name, label or variable. */
function frontNotes(
  project: ComposeProject,
  { neighbours }: AdoptEvidence,
  { install, fronts, port }: Noted,
): string[] {
  const { api, "frontend-app": page } = partsOf(project);
  const finders = page === undefined ? [] : findersOf(page);
  const gateway = containerName(install, "gateway");
  const around = (network: string) =>
    [...neighbours, ...othersOf(project)].filter(({ networks }) => networks.includes(network)).map(({ name }) => name);
  return [
    ...fronts.map(
      (network) =>
        `On the network ${network} the gateway takes the page's names, by which ${around(network).join(", ")} may reach it.`,
    ),
    ...(fronts.length === 0
      ? []
      : [
          `A proxy there that sends requests to ${api?.name} itself has to send them to the page's name as well, which passes on /api: nobody takes the api's names.`,
        ]),
    ...(api?.networks ?? []).flatMap((network) => {
      const there = around(network);
      return there.length === 0 || page?.networks.includes(network) === true
        ? []
        : [
            `On the network ${network}, on which the page is not, ${there.join(", ")} may reach ${api?.name}, whose names nobody takes.`,
          ];
    }),
    ...(page?.networkOwner === undefined
      ? []
      : [
          `${page.name} has the network of ${page.networkOwner}, which reaches it at 127.0.0.1: before that container stops, tell ${page.networkOwner}, and whoever reaches the page by its names or ports, to send everything to ${fronts.length > 0 ? `http://${gateway}:80` : `port ${port.then} of the engine's host`}.`,
        ]),
    ...(finders.length === 0
      ? []
      : [
          `A proxy finds ${page?.name} by ${finders.join(", ")}, which the gateway has none of: tell that proxy to send everything to http://${gateway}:80, before that container stops.`,
        ]),
  ];
}

/** Lists addresses at which the page is used now and the gateway will not be. */
function addressNotes(project: ComposeProject, { port }: Noted): string[] {
  const { api, "frontend-app": page } = partsOf(project);
  const { address, leftOut } = bindAddressOf(page);
  const url = api?.environment.FRONTEND_URL ?? "";
  const isNamed = URL.canParse(url) && /^http:/.test(url) && Number(new URL(url).port || "80") === port.now;
  return [
    ...(page === undefined || leftOut.length === 0
      ? []
      : [
          `${page.name} is published on ${addressesOf(page)}; the gateway's port will be on ${address} alone, and nobody reaches it by ${leftOut.join(" or ")}.`,
        ]),
    ...(isNamed && port.then !== port.now
      ? [
          `FRONTEND_URL is ${url}, the page's own port, and Scani lets nobody sign in at another address: browsers have to go on using it, as over a tunnel that ends at port ${port.then} then, or --take-port keeps the port.`,
        ]
      : []),
  ];
}

/** Names the networks of compose that have IPv6, which a release's networks do not have. */
function networkNotes({ dualNetworks = [] }: AdoptEvidence): string[] {
  return dualNetworks.length === 0
    ? []
    : [
        `${dualNetworks.join(", ")} ${dualNetworks.length === 1 ? "has" : "have"} IPv6, and a release's networks IPv4 alone: a server somewhere else has to have an IPv4 address.`,
      ];
}

/** Returns the addresses a container is published on, joined as in a sentence. Pure. */
export function addressesOf({ published }: Pick<ComposeContainer, "published">): string {
  return [...new Set(published.map((address) => publishedAt(address).ip))].join(" and ");
}

/** Lists other containers that use the servers base's own replace, and published ports that end. */
function userNotes(project: ComposeProject, { neighbours }: AdoptEvidence, noted: Noted): string[] {
  const { postgres, redis } = serversOf(project);
  const { "data-provider": provider } = partsOf(project);
  const { objectStore, install } = noted;
  const others = [...neighbours, ...othersOf(project)];
  const data = networkName(install, "data");
  const replaced = [
    { server: postgres, by: "postgres" },
    { server: redis, by: "redis" },
    { server: objectStore, by: "storage" },
  ] as const;
  return [
    ...replaced.flatMap(({ server, by }) => {
      if (server === undefined) return [];
      const names = namesOnNetworks(server);
      const { host, title } = replaceable[by];
      const login = by === "postgres" ? "" : ", with other credentials";
      return [
        ...publishedNotes(server, `base's own ${title} is reached by containers alone`),
        ...others
          .filter(({ networks }) => networks.some((one) => server.networks.includes(one)))
          .flatMap((user) => {
            const naming = Object.entries(user.environment).flatMap(([name, value]) =>
              hostsNamed(name, value).some((host) => names.includes(host)) ? [name] : [],
            );
            if (naming.length === 0) return [];
            return [
              `${user.name} uses ${server.name} (${naming.join(", ")}), which stops. Base's own ${title} is ${host} on the network ${data}${login}: \`${dockerConnect(data, user.name)}\`.`,
            ];
          }),
      ];
    }),
    ...(provider === undefined ? [] : publishedNotes(provider, "a release's own is reached by its own services alone")),
  ];
}

function publishedNotes({ name, published }: ComposeContainer, why: string): string[] {
  return published.length === 0 ? [] : [`${name} is published on ${published.join(", ")}, and that ends: ${why}.`];
}

function leftNotes({ left }: Noted): string[] {
  if (left === undefined) return [];
  const { container, stops } = left;
  if (!isUp(container)) return [];
  return [
    stops
      ? `Nothing uses ${container.name}, since SCANI_CLOUD_URL names another data-provider; it stops with the rest, and --back starts it again.`
      : `Nothing uses ${container.name}, since SCANI_CLOUD_URL names another data-provider, and it is not well; it is left as it is: \`${dockerStop(container.name)}\`.`,
  ];
}
