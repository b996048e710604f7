import {
  catalogue,
  furtherVariablesIn,
  settingNamed,
  type FurtherVariable,
  type Setting,
  type Tier,
} from "../../settings";
import type { Problem } from "../../util/operatorError";
import { sizeText } from "../backup/manifest";
import { publishedAt } from "../engine/published";
import type { Environment } from "../install/environment";
import type { AdoptEvidence } from "./evidence";
import {
  imageOf,
  objectSourceOf,
  othersOf,
  partsOf,
  scaniServices,
  serverOf,
  serversOf,
  variableOf,
  type ComposeContainer,
  type ComposeProject,
  type ObjectSource,
  type ScaniParts,
} from "./project";
import { refusals, type AdoptIntent } from "./refusals";

/** Settings of a stack by name; they may hold secrets. */
export type StackValues = Readonly<Record<string, string>>;

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
  /** Networks on which others reach the page by name, and the names they may use; absent where there are none. */
  readonly frontNetworks?: readonly string[];
  readonly frontNames?: readonly string[];
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
  const { postgres, redis, objectStore, mail } = serversOf(project);
  const volume = postgres?.mounts.find(({ type }) => type === "volume")?.source;
  const { repository, pinned, tags } = namesOf(project);
  const now = page?.published.map((address) => Number(publishedAt(address).port))[0];
  const then = intent.port ?? now ?? 8080;
  const read = ownVariables(parts);
  const ofPostgres = postgresSettings(postgres, environment.DATABASE_URL ?? "");
  const fronts = frontsOf(project, evidence);
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
          : mailPortSettings(evidence, intent)),
        ...acceptedSecrets,
        ...(intent.keepsName === true ? { name: intent.install } : {}),
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
    tags:
      postgres === undefined || ofPostgres.postgresImage !== `${ownRepository}/postgres:${tagOfId(postgres.imageId)}`
        ? tags
        : { ...tags, [postgres.imageId]: ofPostgres.postgresImage },
    ...(fronts.length === 0 || page === undefined ? {} : { frontNetworks: fronts, frontNames: namesOfPage(page) }),
    port: { now, then },
    notes: notesOf(project, {
      postgres,
      volume,
      objectStore,
      mail,
      accepted,
      further,
      fronts,
      evidence,
      tags,
    }),
  };
}

/** Values of settings that have Scani's own names, from whichever of its services has them, by the stacks that read them. */
export function ownVariables(parts: ScaniParts): { base: StackValues; tiers: StackValues } {
  const order = precedence.map((service) => parts[service]).filter((one) => one !== undefined);
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
export function furtherVariables(parts: ScaniParts): FurtherVariable[] {
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

/**
 * Name that means the image compose's own Postgres runs, and no other one: another may sort text differently. It is a
 * name to give, where the image has none and no digest. Pure.
 */
export function pinnedImage({
  image,
  imageId,
  namedId,
  digests,
}: Pick<ComposeContainer, "image" | "imageId" | "namedId" | "digests">): string {
  if (namedId === imageId && settingNamed("postgresImage").schema.safeParse(image).success) return image;
  return digests[0] ?? `${ownRepository}/postgres:${tagOfId(imageId)}`;
}

/** What the release's images are called. */
export interface ImageNames {
  readonly repository: string;
  readonly pinned: string;
  /** Names that images which run now have to get for it, by the image. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Repository of images that have none in their names, as those compose has built. */
const ownRepository = "scani-adopted";

/**
 * Scani's images of a release have one repository, their services' names and one tag. Where the images that run now are
 * called otherwise, or their tag moves or has moved, they get such names. Pure.
 */
export function namesOf(project: ComposeProject): ImageNames {
  const parts = partsOf(project);
  const all = scaniServices.flatMap((service) => {
    const found = parts[service];
    return found === undefined ? [] : [{ ...found, ...imageOf(found), as: service }];
  });
  const repository = all[0]?.repository || ownRepository;
  const tag = all[0]?.tag ?? "latest";
  const isSo = all.every(
    (one) => one.repository === repository && one.name === one.as && one.tag === tag && one.namedId === one.imageId,
  );
  const pinned = all[0] === undefined ? tag : pinnedTag(all[0], tag, isSo);
  const wanted = [
    ...all,
    ...(project.migrator === undefined
      ? []
      : [{ ...project.migrator, namedId: project.migrator.imageId, as: "migrate" }]),
  ];
  const tags = wanted
    .map((one) => ({ ...one, name: `${repository}/${one.as}:${pinned}` }))
    .filter(({ image, imageId, namedId, name }) => image !== name || namedId !== imageId);
  return { repository, pinned, tags: Object.fromEntries(tags.map(({ imageId, name }) => [imageId, name])) };
}

/**
 * A tag that names a version: the image's own, else its version's, else one made of its id. Pure.
 * @param isSo whether the images that run are those of that tag
 */
export function pinnedTag(
  { imageLabels, imageId }: Pick<ComposeContainer, "imageLabels" | "imageId">,
  tag: string,
  isSo = true,
): string {
  const names = (text: string) => settingNamed("SCANI_IMAGE_TAG").schema.safeParse(text).success;
  if (isSo && names(tag)) return tag;
  const version = imageLabels["org.opencontainers.image.version"] ?? "";
  return version !== tag && names(version) ? version : tagOfId(imageId);
}

const tagOfId = (imageId: string): string => `adopted-${imageId.replace(/^sha256:/, "").slice(0, 12)}`;

/** Whom the page is open to now; where only other containers reach it, nobody but this machine. */
function bindAddressOf(page: ComposeContainer | undefined): string {
  const addresses = (page?.published ?? []).map((address) => publishedAt(address).ip);
  const four = addresses.find((address) => /^[\d.]+$/.test(address));
  return four ?? (addresses.some((address) => /^\[?::\]?$/.test(address)) ? "0.0.0.0" : "127.0.0.1");
}

/** A port of the mail catcher's page that nobody has: compose's goes on meanwhile. The operator's own stays as it is. */
function mailPortSettings({ published }: AdoptEvidence, { mailPort }: AdoptIntent): StackValues {
  const taken = new Set(published.map(({ port }) => port));
  let port = Number(mailPort ?? settingNamed("MAILPIT_UI_PORT").fallback);
  while (taken.has(port)) port += 1;
  return String(port) === mailPort ? {} : { MAILPIT_UI_PORT: String(port) };
}

/** Secrets among these values that Scani publishes for development. */
function publicSecrets(values: StackValues): string[] {
  return Object.keys(values).filter((name) => {
    const setting = catalogue.find((one) => one.name === name);
    return setting?.secret === true && !setting.schema.safeParse(values[name]).success;
  });
}

/** What is given at all. Pure. */
export function given(values: Readonly<Record<string, string | undefined>>): StackValues {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
}

interface Noted {
  readonly postgres?: ComposeContainer;
  readonly volume?: string;
  readonly accepted: readonly string[];
  readonly objectStore?: ComposeContainer;
  readonly mail?: ComposeContainer;
  readonly further: readonly FurtherVariable[];
  readonly fronts: readonly string[];
  readonly evidence: AdoptEvidence;
  readonly tags: ImageNames["tags"];
}

/** Docker's own short name of a container is no proxy's. */
function namesOfPage({ id, service, name, aliases }: ComposeContainer): string[] {
  return [...new Set([service, name, ...aliases])].filter((one) => !id.startsWith(one));
}

/** Networks that have no names. */
const nameless: readonly string[] = ["bridge", "host", "none"];

/** Networks on which others that run may reach the page by name. */
function frontsOf(project: ComposeProject, { neighbours }: AdoptEvidence): string[] {
  const { "frontend-app": page } = partsOf(project);
  const there = new Set([
    ...neighbours.map(({ network }) => network),
    ...othersOf(project).flatMap(({ networks }) => networks),
  ]);
  return (page?.networks ?? []).filter((network) => !nameless.includes(network) && there.has(network));
}

/** What a database server is started with beside its settings, and base's own is not. */
function postgresNotes(postgres: ComposeContainer | undefined): string[] {
  const words = (postgres?.arguments ?? []).filter((word, at) => at > 0 || word !== "postgres");
  if (postgres === undefined || words.length === 0) return [];
  return [
    `${postgres.name} is started with ${words.join(" ")}; base's own is not. What ALTER SYSTEM SET has set stays with the data.`,
  ];
}

function filesNote(objectStore: string, { objects }: AdoptEvidence): string {
  const found =
    objects === undefined || "refused" in objects
      ? "Files are"
      : `${objects.count} files (${sizeText(objects.bytes)}) are`;
  const newest =
    objects !== undefined && "isVersioned" in objects && objects.isVersioned ? ", in their newest version" : "";
  return `${found} copied out of ${objectStore}${newest}; its volume stays as it is.`;
}

/** Settings all services share from now on, and that differ now. */
function differenceNotes(project: ComposeProject): string[] {
  const parts = partsOf(project);
  return catalogue
    .filter(({ name, variable }) => name === variable && !placed.has(name))
    .flatMap(({ variable }) => {
      const having = scaniServices.filter((service) => (parts[service]?.environment[variable] ?? "") !== "");
      const values = new Set(having.map((service) => parts[service]?.environment[variable]));
      return values.size < 2
        ? []
        : [`${variable} differs between ${having.join(", ")}; all get that of ${first(having)}.`];
    });
}

/** Whose value of a setting counts, of those that have one. */
const precedence = ["api", "data-provider", "worker", "frontend-app"] as const;

function first(having: readonly (typeof scaniServices)[number][]): string {
  return precedence.find((service) => having.includes(service)) ?? "";
}

/** What is mounted into Scani's containers does not come along. */
function mountNotes(project: ComposeProject): string[] {
  const parts = partsOf(project);
  return scaniServices.flatMap((service) =>
    (parts[service]?.mounts ?? [])
      .filter(({ type }) => type !== "tmpfs")
      .map(({ source, path }) => {
        const naming = Object.entries(parts[service]?.environment ?? {})
          .filter(([, value]) => value === path || value.startsWith(`${path.replace(/\/$/, "")}/`))
          .map(([name]) => name);
        const named = naming.length === 0 ? "" : `, though ${naming.join(", ")} names it`;
        return `${source}, mounted into ${parts[service]?.name} at ${path}, does not come along${named}. A certificate authority is given as caCertificate.`;
      }),
  );
}

function notesOf(project: ComposeProject, noted: Noted): string[] {
  const { postgres, volume, objectStore, mail, accepted, further, fronts, evidence, tags } = noted;
  const others = othersOf(project);
  return [
    ...(postgres === undefined ? ["Postgres is not the project's own and stays where it is."] : []),
    ...(volume === undefined
      ? []
      : [`The data stays in the volume ${volume}, and moves into its folder ${dataFolder}.`]),
    ...postgresNotes(postgres),
    ...(objectStore === undefined ? [] : [filesNote(objectStore.name, evidence)]),
    ...(mail === undefined ? [] : [`Mails go to base's own catcher; those in ${mail.name} stay there.`]),
    ...(further.length === 0
      ? []
      : [
          `Further variables, kept as extraEnvironment: ${further.map(({ service, name }) => `${service} ${name}`).join(", ")}.`,
        ]),
    ...differenceNotes(project),
    ...mountNotes(project),
    ...fronts.map((network) => {
      const there = [
        ...evidence.neighbours.filter((one) => one.network === network).map(({ container }) => container),
        ...others.filter(({ networks }) => networks.includes(network)).map(({ name }) => name),
      ];
      return `On the network ${network} the gateway takes the page's names, by which ${there.join(", ")} may reach it.`;
    }),
    ...(Object.keys(tags).length === 0
      ? []
      : [`Images whose names may come to mean others get further ones: ${Object.values(tags).sort().join(", ")}.`]),
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
