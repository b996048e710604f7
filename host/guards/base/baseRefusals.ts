import { setCommand, settingFrom, withdrawCommands, type Origin } from "../../../settings";
import { dockerPull } from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";
import { publishedAt } from "../../engine/containers/published";
import {
  namesOwn,
  replaceable,
  replaceableServices,
  type BaseSetting,
  type Replaceable,
  type ReplaceableService,
} from "../../install/services/bundled";
import { environmentIn, variableIn } from "../../install/services/environment";
import { tiersOf, type ReleaseInUse } from "../inUse";
import type { BaseNow } from "./baseNow";

/** Settings base is about to be declared with, by name, including those that are generated. Holds secrets. */
export interface DeclaredBase {
  /** Base's stack, for commands. */
  readonly stack: string;
  readonly settings: Readonly<Partial<Record<BaseSetting, DeclaredSetting>>>;
}

export interface DeclaredSetting {
  /** Absent where nobody gave it, or it is yet to be generated. */
  readonly value?: string;
  readonly origin?: Origin;
}

/**
 * Settings of base's own S3 server that a release has under the same names, each with what a release does with its
 * value, as the end of a sentence.
 */
const storageSettings: Readonly<Partial<Record<BaseSetting, (is: string) => string>>> = {
  S3_BUCKET: (is) => `the files of the release that runs are in ${is}`,
  S3_REGION: (is) => `the release that runs signs for ${is}: the S3 server would refuse each of its requests`,
};

/** Settings that `baseRefusals` compares. */
export const comparedSettings: readonly BaseSetting[] = [
  "FRONTEND_PORT",
  "bindAddress",
  "publishGateway",
  "gatewayImage",
  ...(Object.keys(storageSettings) as BaseSetting[]),
  ...replaceableServices.flatMap(([service, { replacedBy, credentials }]) => [
    `${service}Image` as const,
    ...replacedBy,
    ...(Object.keys(credentials) as BaseSetting[]),
  ]),
];

/**
 * Returns every change of base that would take a service, its data or its credentials from under a release in use.
 * Pure.
 * @returns none where nothing of a release runs: then base may become whatever the operator wants
 */
export function baseRefusals(declared: DeclaredBase, now: BaseNow): Problem[] {
  if (now.releases.length === 0) return [];
  return [
    ...replaceableServices.flatMap(([service, shape]) => [
      ...(shape.isExpendable ? [] : replacedService(declared, now, service)),
      ...returnedService(declared, now, service),
      ...changedCredentials(declared, now, service),
    ]),
    ...changedStorage(declared, now),
    ...(["redis", "storage", "mail", "gateway"] as const).flatMap((service) => otherImage(declared, now, service)),
    ...movedGateway(declared, now),
  ];
}

/** Returns the heading above the problems. Pure. */
export function baseRefusalHeading(now: BaseNow): string {
  return `${tiersOf(now.releases)} runs, and this change of base would take away what it runs on. Nothing has been touched.`;
}

/** Refuses a setting that names somebody else's service, since base's own would be deleted. */
function replacedService(declared: DeclaredBase, now: BaseNow, service: ReplaceableService): Problem[] {
  const shape: Replaceable = replaceable[service];
  const setting = replacing(declared, service);
  const container = now.services[service];
  if (setting === undefined || container === undefined || usersOf(now, service).length === 0) return [];
  return [
    {
      what: `${from(declared, setting)} names another ${shape.title}, so base's own, ${container.container}, would be deleted.`,
      ...(service === "storage" && {
        why: 'The files in it would be found no more. By way of tier 2 they come along: "Another bucket" in docs/operations.md says how.',
      }),
      type: withdrawCommands(setting, declared.settings[setting]?.origin, declared.stack),
    },
  ];
}

/** A mail catcher that base keeps although the settings name another mail server. */
export interface KeptCatcher {
  /** The one it runs on or, where it is gone, the one it is made anew of. */
  readonly image: string | undefined;
  /** Tiers that still send to it, as the subject of a sentence. */
  readonly senders: string;
}

/**
 * Returns base's mail catcher where a release in use still sends to it although the settings name another mail server:
 * base keeps it, and its network, until none does. Pure.
 */
export function keptCatcher(declared: DeclaredBase, now: BaseNow): KeptCatcher | undefined {
  const senders = usersOf(now, "mail");
  if (senders.length === 0 || replacing(declared, "mail") === undefined) return undefined;
  return { image: now.services.mail?.image ?? declared.settings.mailImage?.value, senders: tiersOf(senders) };
}

/** Refuses the loss of a setting that names somebody else's service, since a new and empty one would take its place. */
function returnedService(declared: DeclaredBase, now: BaseNow, service: ReplaceableService): Problem[] {
  const shape: Replaceable = replaceable[service];
  if (!shape.holdsData || replacing(declared, service) !== undefined) return [];
  const elsewhere = urlsOf(now, shape).find(({ hostname }) => hostname !== shape.host);
  const setting = shape.replacedBy[0];
  if (elsewhere === undefined || setting === undefined) return [];
  return [
    {
      what: `${setting} is not given any more, neither in Pulumi config nor in the environment nor in .env, and the data is on the ${shape.title} at ${elsewhere.hostname}.`,
      why: `Base would run a new and empty ${shape.title} in its place.${setting === "S3_ENDPOINT" ? " If this is meant, the next up of tier 1 carries the files into it." : ""}`,
      type: setBack(declared, setting, elsewhere.href),
    },
  ];
}

function changedCredentials(declared: DeclaredBase, now: BaseNow, service: ReplaceableService): Problem[] {
  const shape: Replaceable = replaceable[service];
  const container = now.services[service];
  if (container === undefined || replacing(declared, service) !== undefined) return [];
  return (Object.entries(shape.credentials) as [BaseSetting, string][]).flatMap(([setting, variable]) => {
    const [is, wanted] = [variableIn(container.environment, variable), declared.settings[setting]?.value];
    if (is === undefined || is === wanted) return [];
    return [
      {
        what: `${from(declared, setting)} ${wanted === undefined ? "would be generated anew" : "differs"}, and a release that runs logs in to ${container.container} with the one it was made with.`,
        type: [
          ...withdrawCommands(setting, declared.settings[setting]?.origin, declared.stack),
          ...setBack(declared, setting, is),
        ],
      },
    ];
  });
}

/**
 * Refuses another bucket on base's own server, since it would be empty, and another region, since requests are signed
 * for theirs. `changedSettings` reports moves to and from somebody else's.
 */
function changedStorage(declared: DeclaredBase, now: BaseNow): Problem[] {
  if (replacing(declared, "storage") !== undefined) return [];
  const users = usersOf(now, "storage");
  return (Object.entries(storageSettings) as [BaseSetting, (is: string) => string][]).flatMap(([setting, use]) => {
    const { value: wanted, origin } = declared.settings[setting] ?? {};
    const is = users
      .map(({ environment }) => variableIn(environment, setting))
      .find((one) => one !== undefined && one !== wanted);
    if (is === undefined) return [];
    return [
      {
        what: `${from(declared, setting)} is ${wanted}, and ${use(is)}.`,
        type:
          origin === "the shell's environment"
            ? withdrawCommands(setting, origin, declared.stack)
            : setBack(declared, setting, is),
      },
    ];
  });
}

/**
 * Refuses another server, or a version of it that may not read the existing data. Postgres is checked by its data
 * itself.
 */
function otherImage(
  declared: DeclaredBase,
  now: BaseNow,
  service: "redis" | "storage" | "mail" | "gateway",
): Problem[] {
  const [setting, container] = [`${service}Image` as const, now.services[service]];
  const wanted = declared.settings[setting]?.value;
  const managed = service !== "gateway" && replacing(declared, service) !== undefined;
  if (container === undefined || wanted === undefined || managed) return [];
  // Of the same name only the image itself could say that it is another one by now.
  if (container.image === wanted && now.images[wanted] === undefined) return [];
  const how = misfit(
    serverOf(container.image, container.environment),
    serverOf(wanted, now.images[wanted]),
    service === "redis",
  );
  if (how === undefined) return [];
  return [
    {
      what: `${from(declared, setting)} is ${wanted}, ${how} than ${container.container} runs (${container.image}).`,
      why: "It may not read what the other has written.",
      // The same name means an older image by now: naming it again would change nothing.
      type: container.image === wanted ? [dockerPull(wanted)] : setBack(declared, setting, container.image),
    },
  ];
}

/** Server in an image, with as much of its version as is known. */
export interface Server {
  readonly name: string;
  readonly major?: number;
  readonly minor?: number;
}

/**
 * Returns how a server that may not read what another has written differs from it; undefined where it reads that, or
 * their versions are unknown. Pure.
 * @param isRedis true for Redis and its kin, which raise the version of their files in a minor one
 */
function misfit(is: Server, will: Server, isRedis: boolean): string | undefined {
  if (is.name !== will.name) return "another server";
  if (is.major === undefined || will.major === undefined) return undefined;
  if (is.major !== will.major) return "another major version";
  // Major version 0 promises nothing between its minor ones.
  const isBound = isRedis || is.major === 0;
  if (!isBound || is.minor === undefined || will.minor === undefined || will.minor >= is.minor) return undefined;
  return `an older version (${will.major}.${will.minor}, not ${is.major}.${is.minor})`;
}

/**
 * Returns the server in an image, and its version from `REDIS_VERSION`, which official images of Redis set and whose
 * tag may say less, else from the tag. Pure.
 * @param environment of the image, or of a container made of it, `NAME=value`
 */
export function serverOf(image: string, environment: readonly string[] = []): Server {
  const [name, tag] = image.replace(/@.*$/, "").replace(/^.*\//, "").split(":") as [string, string | undefined];
  const version = variableIn(environment, "REDIS_VERSION") ?? tag ?? "";
  const [, major, minor] = /^v?(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return { name, ...(major && { major: Number(major) }), ...(minor && { minor: Number(minor) }) };
}

/** Refuses to move the gateway, since users of Scani would have to look for it at another address. */
function movedGateway(declared: DeclaredBase, now: BaseNow): Problem[] {
  const published = now.services.gateway?.published[0];
  if (published === undefined) return [];
  if (declared.settings.publishGateway?.value === "false")
    return [
      {
        what: `${from(declared, "publishGateway")} is false, and the gateway is published on ${published}: whoever uses Scani there would not reach it any more.`,
        type: withdrawCommands("publishGateway", declared.settings.publishGateway.origin, declared.stack),
      },
    ];
  const { ip, port } = publishedAt(published);
  const is = { bindAddress: ip, FRONTEND_PORT: port };
  return (Object.entries(is) as [keyof typeof is, string][]).flatMap(([setting, value]) => {
    const wanted = declared.settings[setting]?.value;
    if (wanted === undefined || wanted === value) return [];
    return [
      {
        what: `${from(declared, setting)} is ${wanted}, and the gateway is published on ${published}: whoever uses Scani there would not reach it any more.`,
        type: setBack(declared, setting, value),
      },
    ];
  });
}

/** Returns the setting that names somebody else's service in place of base's own; undefined without one. */
function replacing({ settings }: DeclaredBase, service: ReplaceableService): BaseSetting | undefined {
  return replaceable[service].replacedBy.find((name) => settings[name]?.value !== undefined);
}

/** Returns the containers in use that reach base's own service. */
function usersOf({ releases }: BaseNow, service: ReplaceableService): ReleaseInUse[] {
  return releases.filter(({ environment }) => namesOwn(environmentIn(environment), service));
}

/** Returns the addresses at which releases in use reach a service. */
function urlsOf(now: BaseNow, { variable }: Replaceable): URL[] {
  const given = now.releases.flatMap(({ environment }) => variableIn(environment, variable) ?? []);
  return given.filter((url) => URL.canParse(url)).map((url) => new URL(url));
}

function from({ settings }: DeclaredBase, setting: BaseSetting): string {
  return settingFrom(setting, settings[setting]?.origin);
}

function setBack({ stack }: DeclaredBase, setting: BaseSetting, value: string): string[] {
  return [setCommand(setting, stack, value)];
}
