import {
  catalogue,
  furtherVariablesIn,
  settingNamed,
  type FurtherVariable,
  type Setting,
  type Tier,
} from "../../settings";
import type { Problem } from "../../util/operatorError";
import type { Bucket } from "../install/bucket";
import type { Environment } from "../install/environment";
import type { AdoptEvidence } from "./evidence";
import {
  imageOf,
  partsOf,
  scaniServices,
  serverOf,
  variableOf,
  type ComposeContainer,
  type ComposeProject,
  type ScaniParts,
} from "./project";
import { refusals, type AdoptIntent } from "./refusals";

/** Settings of a stack by name; they may hold secrets. */
export type StackValues = Readonly<Record<string, string>>;

/** An S3 server of the project, whose objects are to be copied. Holds its keys. */
export interface ObjectSource extends Bucket {
  readonly container: string;
}

/** What becomes of a compose project. Holds secrets. */
export interface Adoption {
  readonly project: string;
  readonly install: string;
  readonly tier: Tier;
  readonly settings: Readonly<Record<"base" | "tier1" | "tier2", StackValues>>;
  /** The project's Postgres and where its data will be; absent where the database is managed. */
  readonly postgres?: {
    readonly container: string;
    readonly volume: string;
    readonly folder: string;
    readonly image: string;
  };
  readonly objects?: ObjectSource;
  /** Container of that server. */
  readonly objectStore?: string;
  /** Containers of Scani's services. */
  readonly scani: Readonly<Partial<Record<(typeof scaniServices)[number], string>>>;
  /** Containers whose place base's own take: compose's Redis, S3 server and mail catcher. */
  readonly replaced: readonly string[];
  /** Names images get so that they are pinned, by the image. */
  readonly tags: Readonly<Record<string, string>>;
  /** Network of a proxy that reaches the page by name. */
  readonly frontNetwork?: string;
  /** Port the page is on now, and will be on. */
  readonly port: { readonly now?: number; readonly then: number };
  /** Worth knowing, a sentence each. */
  readonly notes: readonly string[];
}

/** A plan, or every reason why there is none. */
export type Planned = { readonly adoption: Adoption } | { readonly problems: readonly Problem[] };

/** Folder of the volume the data is moved into. */
const dataFolder = "scani-data";

/** Variables that say where something is, and follow from what else is read. */
const placed: ReadonlySet<string> = new Set([
  ...["DATABASE_URL", "REDIS_URL", "S3_ENDPOINT", "S3_PUBLIC_ENDPOINT", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"],
  ...["SMTP_URL", "SCANI_CLOUD_URL", "SCANI_CLOUD_API_KEY", "SCANI_IMAGE_TAG", "CSP_CONNECT_SRC"],
  ...["POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "FRONTEND_PORT", "MAILPIT_UI_PORT"],
]);

/** Variables this module sets itself, always to the same. */
const fixed: ReadonlySet<string> = new Set(["NODE_ENV", "SERVICE_NAME", "PORT", "HOST", "API_UPSTREAM"]);

/**
 * Makes the plan. Pure.
 * @param check everything wrong with the settings a stack would have, as `up` would say it
 */
export function planAdoption(
  project: ComposeProject,
  evidence: AdoptEvidence,
  intent: AdoptIntent,
  check: (kind: "base" | Tier, values: StackValues) => readonly Problem[],
): Planned {
  const parts = partsOf(project);
  const problems = refusals(project, parts, evidence, intent);
  const { api } = parts;
  if (api === undefined) return { problems };
  const adoption = adoptionOf(project, { ...parts, api }, evidence, intent);
  const wrong = (["base", adoption.tier] as const).flatMap((kind) => check(kind, adoption.settings[kind]));
  const all = [...problems, ...wrong];
  return all.length > 0 ? { problems: all } : { adoption };
}

function adoptionOf(
  project: ComposeProject,
  parts: ScaniParts & { readonly api: ComposeContainer },
  evidence: AdoptEvidence,
  intent: AdoptIntent,
): Adoption {
  const { api, worker, "data-provider": provider, "frontend-app": page } = parts;
  const { environment } = api;
  const tier: Tier = serverOf(project, variableOf(api, "SCANI_CLOUD_URL")) === undefined ? "tier2" : "tier1";
  const [postgres, redis, objectStore, mail] = [
    serverOf(project, environment.DATABASE_URL),
    serverOf(project, environment.REDIS_URL),
    serverOf(project, (provider ?? worker)?.environment.S3_ENDPOINT),
    serverOf(project, provider?.environment.SMTP_URL),
  ];
  const volume = postgres?.mounts.find(({ type }) => type === "volume")?.source;
  const { repository, tag } = imageOf(api);
  const pinned = pinnedTag(api, tag);
  const now = page?.published.map(portOf)[0];
  const then = intent.port ?? now ?? 8080;
  const read = ownVariables(parts);
  const ofPostgres = postgresSettings(postgres, environment.DATABASE_URL ?? "");
  const front = evidence.neighbours[0]?.network;
  const further = furtherVariables(parts);
  const accepted = [
    ...(evidence.database?.takesPassword === true ? publicSecrets(ofPostgres) : []),
    ...(intent.acceptPublicKey ? publicSecrets(read.base) : []),
  ];
  const acceptedSecrets: StackValues = accepted.length === 0 ? {} : { acceptedSecrets: accepted.join(",") };
  const tiers = {
    ...read.tiers,
    imageRepository: repository,
    SCANI_IMAGE_TAG: pinned,
    ...(page === undefined || [undefined, "", "'self'"].includes(page.environment.CSP_CONNECT_SRC)
      ? {}
      : { CSP_CONNECT_SRC: page.environment.CSP_CONNECT_SRC }),
    ...(further.length === 0 ? {} : { extraEnvironment: JSON.stringify(further) }),
  };
  return {
    project: project.name,
    install: intent.install,
    tier,
    settings: {
      base: {
        ...read.base,
        ...ofPostgres,
        ...(redis === undefined ? given({ REDIS_URL: environment.REDIS_URL }) : {}),
        ...(objectStore === undefined ? managedObjects((provider ?? worker)?.environment ?? {}) : {}),
        ...(mail === undefined
          ? given({ SMTP_URL: provider?.environment.SMTP_URL })
          : { MAILPIT_UI_PORT: mailPort(evidence) }),
        ...acceptedSecrets,
        FRONTEND_PORT: String(then),
        publishGateway: String(intent.port !== undefined),
        bindAddress: bindAddressOf(page),
      },
      tier1: tiers,
      tier2:
        tier === "tier2"
          ? {
              ...tiers,
              ...given({
                SCANI_CLOUD_URL: variableOf(api, "SCANI_CLOUD_URL"),
                SCANI_CLOUD_API_KEY: variableOf(api, "SCANI_CLOUD_API_KEY"),
              }),
            }
          : tiers,
    },
    postgres:
      postgres === undefined || volume === undefined
        ? undefined
        : { container: postgres.name, volume, folder: dataFolder, image: pinnedImage(postgres) },
    objects: objectSourceOf(project),
    objectStore: objectStore?.name,
    scani: Object.fromEntries(
      scaniServices.flatMap((service) => (parts[service] === undefined ? [] : [[service, parts[service].name]])),
    ),
    replaced: [redis, objectStore, mail].flatMap((one) => (one === undefined ? [] : [one.name])),
    tags: pinned === tag ? {} : tagsOf(parts, repository, pinned),
    frontNetwork: front,
    port: { now, then },
    notes: notesOf(project, {
      postgres,
      volume,
      redis,
      objectStore,
      mail,
      accepted,
      further,
      front,
      evidence,
      tag,
      pinned,
    }),
  };
}

/** Values of settings that have Scani's own names, from whichever of its services has them, by the stacks that read them. */
function ownVariables(parts: ScaniParts): { base: StackValues; tiers: StackValues } {
  const order = [parts.api, parts["data-provider"], parts.worker].filter((one) => one !== undefined);
  const valueOf = ({ variable }: Setting): string | undefined =>
    order.map(({ environment }) => environment[variable]).find((value) => value !== undefined && value !== "");
  const of = (kind: "base" | "tier1") =>
    given(
      Object.fromEntries(
        catalogue
          .filter(({ name, variable, stacks }) => name === variable && stacks.includes(kind) && !placed.has(name))
          .map((setting) => [setting.name, valueOf(setting)]),
      ),
    );
  return { base: of("base"), tiers: of("tier1") };
}

/** Variables that neither a setting names nor this module sets, nor the image itself. */
function furtherVariables(parts: ScaniParts): FurtherVariable[] {
  const known = new Set([...catalogue.map(({ variable }) => variable), ...fixed]);
  const found = scaniServices.flatMap((service) =>
    Object.entries(parts[service]?.environment ?? {})
      .filter(([name, value]) => value !== "" && !known.has(name) && parts[service]?.ofImage[name] !== value)
      .map(([name, value]) => ({ service, name, value })),
  );
  return [...(furtherVariablesIn(JSON.stringify(found)) ?? [])];
}

function postgresSettings(postgres: ComposeContainer | undefined, url: string): StackValues {
  if (postgres === undefined) return given({ DATABASE_URL: url });
  const { username, password, pathname } = new URL(url);
  return {
    borrowedPostgres: postgres.name,
    postgresImage: pinnedImage(postgres),
    POSTGRES_USER: decodeURIComponent(username),
    POSTGRES_PASSWORD: decodeURIComponent(password),
    POSTGRES_DB: decodeURIComponent(pathname.slice(1)),
  };
}

function managedObjects(environment: Environment): StackValues {
  const { S3_ENDPOINT, S3_PUBLIC_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = environment;
  return given({ S3_ENDPOINT, S3_PUBLIC_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY });
}

/** The project's own S3 server, as its worker reaches it; undefined where the bucket is somewhere else. Pure. */
export function objectSourceOf(project: ComposeProject): ObjectSource | undefined {
  const { worker, "data-provider": provider } = partsOf(project);
  const environment = (provider ?? worker)?.environment ?? {};
  const server = serverOf(project, environment.S3_ENDPOINT);
  if (server === undefined) return undefined;
  const port = new URL(environment.S3_ENDPOINT).port || "9000";
  return {
    container: server.name,
    endpoint: `http://${server.name}:${port}`,
    bucket: environment.S3_BUCKET || (settingNamed("S3_BUCKET").fallback as string),
    region: environment.S3_REGION || "us-east-1",
    accessKeyId: environment.S3_ACCESS_KEY_ID,
    secretAccessKey: environment.S3_SECRET_ACCESS_KEY,
  };
}

/** The image of compose's own Postgres, pinned: another may sort text differently. Pure. */
export function pinnedImage({ image, digests }: Pick<ComposeContainer, "image" | "digests">): string {
  if (settingNamed("postgresImage").schema.safeParse(image).success) return image;
  return digests[0] ?? image;
}

/** A tag that names a version: the image's own, else its version's, else one made of its id. Pure. */
export function pinnedTag(
  { imageLabels, imageId }: Pick<ComposeContainer, "imageLabels" | "imageId">,
  tag: string,
): string {
  const names = (text: string) => settingNamed("SCANI_IMAGE_TAG").schema.safeParse(text).success;
  if (names(tag)) return tag;
  const version = imageLabels["org.opencontainers.image.version"] ?? "";
  return names(version) ? version : `adopted-${imageId.replace(/^sha256:/, "").slice(0, 12)}`;
}

function tagsOf(parts: ScaniParts, repository: string, tag: string): Record<string, string> {
  return Object.fromEntries(
    scaniServices.flatMap((service) => {
      const found = parts[service];
      return found === undefined ? [] : [[found.imageId, `${repository}/${service}:${tag}`]];
    }),
  );
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(":") + 1));

function bindAddressOf(page: ComposeContainer | undefined): string {
  const address = page?.published[0] ?? "0.0.0.0:80";
  const ip = address.slice(0, address.lastIndexOf(":"));
  return /^[\d.]+$/.test(ip) ? ip : "0.0.0.0";
}

/** A port of the mail catcher's page that nobody has: compose's goes on meanwhile. */
function mailPort({ published }: AdoptEvidence): string {
  const taken = new Set(published.map(({ port }) => port));
  let port = Number(settingNamed("MAILPIT_UI_PORT").fallback);
  while (taken.has(port)) port += 1;
  return String(port);
}

/** Secrets among these values that Scani publishes for development. */
function publicSecrets(values: StackValues): string[] {
  return Object.keys(values).filter((name) => {
    const setting = catalogue.find((one) => one.name === name);
    return setting?.secret === true && !setting.schema.safeParse(values[name]).success;
  });
}

function given(values: Readonly<Record<string, string | undefined>>): StackValues {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
}

interface Noted {
  readonly postgres?: ComposeContainer;
  readonly volume?: string;
  readonly redis?: ComposeContainer;
  readonly accepted: readonly string[];
  readonly objectStore?: ComposeContainer;
  readonly mail?: ComposeContainer;
  readonly further: readonly FurtherVariable[];
  readonly front?: string;
  readonly evidence: AdoptEvidence;
  readonly tag: string;
  readonly pinned: string;
}

function notesOf(project: ComposeProject, noted: Noted): string[] {
  const { postgres, volume, redis, objectStore, mail, accepted, further, front, evidence, tag, pinned } = noted;
  const scani = Object.values(partsOf(project)).map(({ name }) => name);
  const others = project.containers.filter(
    (one) =>
      ![...scani, ...[postgres, redis, objectStore, mail].map((known) => known?.name)].includes(one.name) &&
      one.state === "running",
  );
  return [
    ...(postgres === undefined ? ["Postgres is not the project's own and stays where it is."] : []),
    ...(volume === undefined
      ? []
      : [`The data stays in the volume ${volume}, and moves into its folder ${dataFolder}.`]),
    ...(objectStore === undefined ? [] : [`Files are copied out of ${objectStore.name}; its volume stays as it is.`]),
    ...(mail === undefined ? [] : [`Mails go to base's own catcher; those in ${mail.name} stay there.`]),
    ...(further.length === 0
      ? []
      : [
          `Further variables, kept as extraEnvironment: ${further.map(({ service, name }) => `${service} ${name}`).join(", ")}.`,
        ]),
    ...(front === undefined
      ? []
      : [
          `On the network ${front} the gateway takes the name frontend-app, by which ${evidence.neighbours.map(({ container }) => container).join(", ")} may reach the page.`,
        ]),
    ...(tag === pinned ? [] : [`The tag ${tag} moves; the images are named ${pinned}.`]),
    ...(evidence.database?.keyOpens === undefined && postgres !== undefined
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
