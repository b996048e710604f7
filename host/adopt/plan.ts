import { settingNamed, type Tier } from "../../settings";
import type { Problem } from "../../util/operatorError";
import { publishedAt } from "../engine/containers/published";
import { caCertificateOf } from "./compose/authorities";
import { objectStoreOf, type AdoptEvidence } from "./evidence";
import { memorySettings } from "./compose/memory";
import { notesOf } from "./notes";
import {
  bindAddressOf,
  dataMountOf,
  imageOf,
  leftProviderOf,
  namesOnNetworks,
  objectSourceOf,
  onlyReachedBy,
  othersOf,
  partsOf,
  scaniServices,
  serversOf,
  tierOf,
  variableOf,
  type ComposeContainer,
  type ComposeProject,
  type ObjectSource,
  type ScaniParts,
} from "./compose/project";
import { refusals, type AdoptIntent } from "./refusals";
import { furtherVariables, given, ownVariables, secretsToAccept, type StackValues } from "./compose/variables";
import { loginIn } from "../install/data/databaseUrl";

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
    readonly imageId: string;
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
  const { api, "data-provider": provider, "frontend-app": page } = parts;
  const tier = tierOf(project);
  const { postgres, redis, mail } = serversOf(project);
  const objectStore = objectStoreOf(project, evidence);
  const volume = postgres && dataMountOf(postgres)?.source;
  const { repository, pinned, tags } = namesOf(project);
  const now = page?.published.map((address) => Number(publishedAt(address).port))[0];
  const then = intent.port ?? now ?? 8080;
  const read = ownVariables(parts);
  const ofPostgres = postgresSettings(postgres, api.environment.DATABASE_URL ?? "");
  const fronts = frontsOf(project, evidence);
  const further = furtherVariables(parts);
  const trust = given({ caCertificate: caCertificateOf(evidence.authorities ?? []) });
  const accepted = [
    ...(evidence.database?.takesPassword === true ? secretsToAccept(ofPostgres) : []),
    ...(intent.acceptPublicKey ? secretsToAccept(read.base) : []),
  ];
  const memory = memorySettings(
    { api, worker: parts.worker, postgres },
    evidence.database?.sizes ?? {},
    intent.chosen ?? {},
  );
  const tiers = {
    ...read.tiers,
    ...trust,
    ...memory.tiers,
    imageRepository: repository,
    SCANI_IMAGE_TAG: pinned,
    ...(page === undefined || [undefined, "", "'self'"].includes(page.environment.CSP_CONNECT_SRC)
      ? {}
      : { CSP_CONNECT_SRC: page.environment.CSP_CONNECT_SRC }),
    ...(further.length === 0 ? {} : { extraEnvironment: JSON.stringify(further) }),
  };
  const smtp = mail === undefined ? given({ SMTP_URL: provider?.environment.SMTP_URL }) : {};
  const catchesMail = smtp.SMTP_URL === undefined && read.base.FASTMAIL_API_TOKEN === undefined;
  const cloud = {
    SCANI_CLOUD_URL: variableOf(api, "SCANI_CLOUD_URL"),
    SCANI_CLOUD_API_KEY: variableOf(api, "SCANI_CLOUD_API_KEY"),
  };
  const left = leftProviderOf(project);
  const scani = { ...parts, ...(left !== undefined && isWell(left) ? { "data-provider": left } : {}) };
  return {
    project: project.name,
    install: intent.install,
    tier,
    settings: {
      base: {
        ...read.base,
        ...trust,
        ...ofPostgres,
        ...memory.base,
        ...(redis === undefined ? given({ REDIS_URL: api.environment.REDIS_URL }) : {}),
        ...managedObjects(project, parts),
        ...smtp,
        ...(catchesMail ? mailPortSettings(evidence, intent) : {}),
        ...given({ acceptedSecrets: accepted.join(",") }),
        ...(intent.keepsName === true ? { name: intent.install } : {}),
        FRONTEND_PORT: String(then),
        publishGateway: String(intent.port !== undefined),
        bindAddress: bindAddressOf(page).address,
      },
      tier1: tiers,
      tier2: tier === "tier2" ? { ...tiers, ...given(cloud) } : tiers,
    },
    postgres:
      postgres === undefined || volume === undefined
        ? undefined
        : {
            container: postgres.name,
            volume,
            folder: dataFolder,
            image: pinnedImage(postgres),
            imageId: postgres.imageId,
          },
    objects: objectStore && objectSourceOf(project),
    objectStore: objectStore?.name,
    scani: Object.fromEntries(
      scaniServices.flatMap((service) => (scani[service] === undefined ? [] : [[service, scani[service].name]])),
    ),
    replaced: [redis, objectStore, mail].flatMap((one) => (one === undefined ? [] : [one.name])),
    tags:
      postgres === undefined || ofPostgres.postgresImage !== ownPostgres(postgres.imageId)
        ? tags
        : { ...tags, [postgres.imageId]: ofPostgres.postgresImage },
    ...(fronts.length === 0 || page === undefined ? {} : { frontNetworks: fronts, frontNames: namesOnNetworks(page) }),
    port: { now, then },
    notes: notesOf(project, evidence, {
      install: intent.install,
      port: { now, then },
      folder: dataFolder,
      volume,
      objectStore,
      accepted,
      further,
      memory: { ...memory.base, ...memory.tiers },
      fronts,
      tags: Object.values(tags),
      ...(left === undefined ? {} : { left: { container: left, stops: isWell(left) } }),
    }),
  };
}

/** Whether a container that runs would be well again if it were stopped and started. */
function isWell({ state, health }: ComposeContainer): boolean {
  return state === "running" && (health === undefined || health === "healthy");
}

function postgresSettings(postgres: ComposeContainer | undefined, url: string): StackValues {
  const login = loginIn(url);
  if (postgres === undefined || login === undefined) return given({ DATABASE_URL: url });
  return {
    borrowedPostgres: postgres.name,
    postgresImage: pinnedImage(postgres),
    POSTGRES_USER: login.role,
    POSTGRES_PASSWORD: login.password,
    POSTGRES_DB: login.database,
  };
}

/** On tier 2 compose's file goes on naming a server that may be gone. */
function managedObjects(project: ComposeProject, { worker, "data-provider": provider }: ScaniParts): StackValues {
  const holder = provider ?? worker;
  const { S3_ENDPOINT = "", S3_PUBLIC_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = holder?.environment ?? {};
  const isGone =
    tierOf(project) === "tier2" && holder !== undefined && onlyReachedBy(holder, S3_ENDPOINT) !== undefined;
  if (serversOf(project).objectStore !== undefined || isGone) return {};
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
  return digests[0] ?? ownPostgres(imageId);
}

/** Name an image of Postgres gets where it has none that means it for good. Pure. */
export function ownPostgres(imageId: string): string {
  return `${ownRepository}/postgres:${tagOfId(imageId)}`;
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

/** A port of the mail catcher's page that nobody has: compose's goes on meanwhile. The operator's own stays as it is. */
function mailPortSettings({ published }: AdoptEvidence, { chosen }: AdoptIntent): StackValues {
  const taken = new Set(published.map(({ port }) => port));
  const given = chosen?.MAILPIT_UI_PORT;
  let port = Number(given ?? settingNamed("MAILPIT_UI_PORT").fallback);
  while (taken.has(port)) port += 1;
  return String(port) === given ? {} : { MAILPIT_UI_PORT: String(port) };
}

/** Networks that have no names. */
const nameless: readonly string[] = ["bridge", "host", "none"];

/** Networks on which others that run may reach the page by name. */
function frontsOf(project: ComposeProject, { neighbours }: AdoptEvidence): string[] {
  const { "frontend-app": page } = partsOf(project);
  const there = new Set([...neighbours, ...othersOf(project)].flatMap(({ networks }) => networks));
  return (page?.networks ?? []).filter((network) => !nameless.includes(network) && there.has(network));
}
