import { settingNamed, type FurtherVariable, type Tier } from "../../settings";
import type { Problem } from "../../util/operatorError";
import { loginIn } from "../install/data/databaseUrl";
import { connectSrc, localUploads, originOf, policyProblem } from "../install/storage/connectSrc";
import { caCertificateOf } from "./compose/authorities";
import { memorySettings } from "./compose/memory";
import {
  bindAddressOf,
  onlyReachedBy,
  serversOf,
  tierOf,
  variableOf,
  type ComposeContainer,
  type ComposeProject,
  type ScaniParts,
} from "./compose/project";
import { furtherVariables, given, ownVariables, secretsToAccept, type StackValues } from "./compose/variables";
import type { AdoptEvidence } from "./evidence";
import { pinnedImage, type ImageNames } from "./imageNames";
import type { AdoptIntent } from "./refusals";

/** Inputs a plan is made from. Hold secrets. */
export interface PlanInputs {
  readonly project: ComposeProject;
  readonly parts: ScaniParts & { readonly api: ComposeContainer };
  readonly evidence: AdoptEvidence;
  readonly intent: AdoptIntent;
}

/** Settings of an adopted install. Hold secrets. */
export interface AdoptedSettings {
  readonly stacks: Readonly<Record<"base" | Tier, StackValues>>;
  /** Names of settings whose secrets are taken although they are short or published. */
  readonly accepted: readonly string[];
  /** Variables that are not settings, which are passed on. */
  readonly further: readonly FurtherVariable[];
  /** Memory limits above the defaults, MiB. */
  readonly memory: StackValues;
}

/** Returns settings that make an install what the project is. Pure. @param port the page's from then on */
export function settingsOf(inputs: PlanInputs, images: ImageNames, port: number): AdoptedSettings {
  const { project, parts, evidence, intent } = inputs;
  const { postgres } = serversOf(project);
  const read = ownVariables(parts);
  const ofPostgres = postgresSettings(postgres, parts.api.environment.DATABASE_URL ?? "");
  const trust = given({ caCertificate: caCertificateOf(evidence.authorities ?? []) });
  const further = furtherVariables(parts);
  const accepted = [
    ...(evidence.database?.takesPassword === true ? secretsToAccept(ofPostgres) : []),
    ...(intent.acceptPublicKey ? secretsToAccept(read.base) : []),
  ];
  const memory = memorySettings(
    { api: parts.api, worker: parts.worker, postgres },
    evidence.database?.sizes ?? {},
    intent.chosen ?? {},
  );
  const base = {
    ...read.base,
    ...trust,
    ...ofPostgres,
    ...memory.base,
    ...serverSettings(inputs),
    ...mailSettings(inputs, read.base),
    ...given({ acceptedSecrets: accepted.join(",") }),
    ...(intent.keepsName === true ? { name: intent.install } : {}),
    ...frontSettings(inputs, port),
  };
  const tiers = {
    ...read.tiers,
    ...trust,
    ...memory.tiers,
    imageRepository: images.repository,
    SCANI_IMAGE_TAG: images.pinned,
    ...policySettings(inputs),
    ...(further.length === 0 ? {} : { extraEnvironment: JSON.stringify(further) }),
  };
  const tier2 = tierOf(project) === "tier2" ? { ...tiers, ...hostedSettings(parts) } : tiers;
  return { stacks: { base, tier1: tiers, tier2 }, accepted, further, memory: { ...memory.base, ...memory.tiers } };
}

/** Returns the settings of managed servers other than Postgres and the mail server. */
function serverSettings({ project, parts }: PlanInputs): StackValues {
  const { redis } = serversOf(project);
  return {
    ...(redis === undefined ? given({ REDIS_URL: parts.api.environment.REDIS_URL }) : {}),
    ...managedObjects(project, parts),
  };
}

/** Returns the URL of a managed mail server, or the port of base's mail catcher, not needed with Fastmail. */
function mailSettings({ project, parts, evidence, intent }: PlanInputs, read: StackValues): StackValues {
  const { mail } = serversOf(project);
  const smtp = mail === undefined ? given({ SMTP_URL: parts["data-provider"]?.environment.SMTP_URL }) : {};
  const catchesMail = smtp.SMTP_URL === undefined && read.FASTMAIL_API_TOKEN === undefined;
  return { ...smtp, ...(catchesMail ? mailPortSettings(evidence, intent) : {}) };
}

/** Returns the gateway's port, whether it is published, and its address, which is the page's. */
function frontSettings({ parts, intent }: PlanInputs, port: number): StackValues {
  return {
    FRONTEND_PORT: String(port),
    publishGateway: String(intent.port !== undefined),
    bindAddress: bindAddressOf(parts["frontend-app"]).address,
  };
}

/** Returns the page's policy where it is not the default. One of the operator's stays. */
function policySettings({ parts: { "frontend-app": page }, intent: { chosen } }: PlanInputs): StackValues {
  const policy = page?.environment.CSP_CONNECT_SRC;
  const isLeft = policy === undefined || ["", "'self'"].includes(policy) || chosen?.CSP_CONNECT_SRC !== undefined;
  return isLeft ? {} : { CSP_CONNECT_SRC: policy };
}

/** Returns why pages of the release could not upload under their policy, as `up` of the tier would. Pure. */
export function policyProblems(
  { base, ...tiers }: AdoptedSettings["stacks"],
  { project, evidence, intent }: PlanInputs,
): Problem[] {
  const tier = tierOf(project);
  // An address that is missing, or none, is a mistake of its own.
  const addresses = [base.FRONTEND_URL, base.S3_PUBLIC_ENDPOINT, base.S3_ENDPOINT];
  if (base.FRONTEND_URL === undefined || addresses.some((url) => url !== undefined && !URL.canParse(url))) return [];
  const page = originOf(base.FRONTEND_URL);
  const local = tier === "tier1" ? localUploads(base, page) : undefined;
  const uploads = local ?? evidence.hostedUploads;
  if (uploads === undefined) return [];
  const policy = connectSrc(tiers[tier].CSP_CONNECT_SRC ?? intent.chosen?.CSP_CONNECT_SRC, local, page);
  const problem = policyProblem({ policy, uploads, page, stack: intent.stack });
  return problem === undefined ? [] : [problem];
}

function hostedSettings({ api }: PlanInputs["parts"]): StackValues {
  return given({
    SCANI_CLOUD_URL: variableOf(api, "SCANI_CLOUD_URL"),
    SCANI_CLOUD_API_KEY: variableOf(api, "SCANI_CLOUD_API_KEY"),
  });
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

/** Returns the settings of a managed S3 server. On tier 2 compose's file may still name a server that is gone. */
function managedObjects(project: ComposeProject, { worker, "data-provider": provider }: ScaniParts): StackValues {
  const holder = provider ?? worker;
  const { S3_ENDPOINT = "", S3_PUBLIC_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = holder?.environment ?? {};
  const isGone =
    tierOf(project) === "tier2" && holder !== undefined && onlyReachedBy(holder, S3_ENDPOINT) !== undefined;
  if (serversOf(project).objectStore !== undefined || isGone) return {};
  return given({ S3_ENDPOINT, S3_PUBLIC_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY });
}

/** Picks a free port for the mail catcher's page: compose's runs on meanwhile. A free one of the operator's stays. */
function mailPortSettings({ published }: AdoptEvidence, { chosen }: AdoptIntent): StackValues {
  const taken = new Set(published.map(({ port }) => port));
  const given = chosen?.MAILPIT_UI_PORT;
  let port = Number(given ?? settingNamed("MAILPIT_UI_PORT").fallback);
  while (taken.has(port)) port += 1;
  return String(port) === given ? {} : { MAILPIT_UI_PORT: String(port) };
}
