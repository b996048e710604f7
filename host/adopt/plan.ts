import type { Tier } from "../../settings";
import type { Problem } from "../../util/operatorError";
import { publishedAt } from "../engine/containers/published";
import { adoptedFolder } from "../install/data/postgresData";
import { predefinedNetworks } from "../install/network/addresses";
import {
  dataMountOf,
  leftProviderOf,
  namesOnNetworks,
  objectSourceOf,
  othersOf,
  partsOf,
  scaniServices,
  serversOf,
  tierOf,
  type ComposeContainer,
  type ComposeProject,
  type ObjectSource,
  type ScaniParts,
} from "./compose/project";
import type { StackValues } from "./compose/variables";
import { objectStoreOf, type AdoptEvidence } from "./evidence";
import { namesOf, ownPostgres, pinnedImage } from "./imageNames";
import { notesOf } from "./notes";
import { refusals, type AdoptIntent } from "./refusals";
import { policyProblems, settingsOf, type PlanInputs } from "./settings";

/** Plan that makes a compose project an install of this module. Holds secrets. */
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
  /** Container of the project's S3 server. */
  readonly objectStore?: string;
  /** Containers of Scani's services. */
  readonly scani: Readonly<Partial<Record<(typeof scaniServices)[number], string>>>;
  /** Containers that base's own replace: compose's Redis, S3 server and mail catcher. */
  readonly replaced: readonly string[];
  /** Names that images are tagged with so that they are pinned, by image id. */
  readonly tags: Readonly<Record<string, string>>;
  /** Networks on which others reach the page by name, and the names they may use; absent where there are none. */
  readonly frontNetworks?: readonly string[];
  readonly frontNames?: readonly string[];
  /** Port the page is on now, and will be on. */
  readonly port: { readonly now?: number; readonly then: number };
  /** Notes worth knowing, a sentence each. */
  readonly notes: readonly string[];
}

/** A plan; or every reason why there is none, with a draft where its settings can be checked further all the same. */
export type Planned =
  { readonly adoption: Adoption } | { readonly problems: readonly Problem[]; readonly draft?: Adoption };

/**
 * Makes the plan. Pure.
 * @param check returns everything wrong with the settings a stack would have, in the words of `up`
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
  const inputs: PlanInputs = { project, parts: { ...parts, api }, evidence, intent };
  const adoption = adoptionOf(inputs);
  const wrong = (["base", adoption.tier] as const).flatMap((kind) => check(kind, adoption.settings[kind]));
  const all = [...problems, ...policyProblems(adoption.settings, inputs), ...wrong];
  return all.length > 0 ? { problems: all, draft: adoption } : { adoption };
}

function adoptionOf(inputs: PlanInputs): Adoption {
  const { project, parts, evidence, intent } = inputs;
  const { postgres, redis, mail } = serversOf(project);
  const objectStore = objectStoreOf(project, evidence);
  const images = namesOf(project);
  const port = portOf(parts, intent);
  const fronts = frontsOf(project, evidence);
  const left = leftProviderOf(project);
  const settings = settingsOf(inputs, images, port.then);
  const home = dataHomeOf(postgres);
  return {
    project: project.name,
    install: intent.install,
    tier: tierOf(project),
    settings: settings.stacks,
    postgres: home,
    objects: objectStore && objectSourceOf(project),
    objectStore: objectStore?.name,
    scani: containersOf(parts, left),
    replaced: [redis, objectStore, mail].flatMap((one) => (one === undefined ? [] : [one.name])),
    tags: { ...images.tags, ...postgresTag(postgres, settings.stacks.base) },
    ...frontNamesOf(parts, fronts),
    port,
    notes: notesOf(project, evidence, {
      install: intent.install,
      port,
      folder: adoptedFolder,
      volume: postgres && dataMountOf(postgres)?.source,
      objectStore,
      accepted: settings.accepted,
      further: settings.further,
      memory: settings.memory,
      fronts,
      tags: Object.values(images.tags),
      ...(left === undefined ? {} : { left: { container: left, stops: isWell(left) } }),
    }),
  };
}

/** Returns the port the page is on now, and the one it will be on. */
function portOf({ "frontend-app": page }: ScaniParts, intent: AdoptIntent): Adoption["port"] {
  const now = page?.published.map((address) => Number(publishedAt(address).port))[0];
  return { now, then: intent.port ?? now ?? 8080 };
}

/** Returns where the data of the project's own Postgres will be. */
function dataHomeOf(postgres: ComposeContainer | undefined): Adoption["postgres"] {
  const volume = postgres && dataMountOf(postgres)?.source;
  if (postgres === undefined || volume === undefined) return undefined;
  return {
    container: postgres.name,
    volume,
    folder: adoptedFolder,
    image: pinnedImage(postgres),
    imageId: postgres.imageId,
  };
}

/** Returns the containers of Scani's services, with an unused data-provider where that could be started again. */
function containersOf(parts: ScaniParts, left: ComposeContainer | undefined): Adoption["scani"] {
  const scani = { ...parts, ...(left !== undefined && isWell(left) ? { "data-provider": left } : {}) };
  return Object.fromEntries(
    scaniServices.flatMap((service) => (scani[service] === undefined ? [] : [[service, scani[service].name]])),
  );
}

/** Returns the name the image of the project's Postgres is tagged with, by image id; empty where it needs none. */
function postgresTag(postgres: ComposeContainer | undefined, { postgresImage }: StackValues): Adoption["tags"] {
  return postgres === undefined || postgresImage !== ownPostgres(postgres.imageId)
    ? {}
    : { [postgres.imageId]: postgresImage };
}

/** True where a container runs well, so that it would do so again if it were stopped and started. */
function isWell({ state, health }: ComposeContainer): boolean {
  return state === "running" && (health === undefined || health === "healthy");
}

function frontNamesOf(
  { "frontend-app": page }: ScaniParts,
  fronts: readonly string[],
): Pick<Adoption, "frontNetworks" | "frontNames"> {
  return fronts.length === 0 || page === undefined ? {} : { frontNetworks: fronts, frontNames: namesOnNetworks(page) };
}

/** Returns the networks on which other running containers may reach the page by name. */
function frontsOf(project: ComposeProject, { neighbours }: AdoptEvidence): string[] {
  const { "frontend-app": page } = partsOf(project);
  const there = new Set([...neighbours, ...othersOf(project)].flatMap(({ networks }) => networks));
  return (page?.networks ?? []).filter((network) => !predefinedNetworks.includes(network) && there.has(network));
}
