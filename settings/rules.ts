import { adoptCommand } from "../util/commands";
import { isOwnMachine } from "../util/host";
import { commandsOf } from "../util/operatorError";
import { removal, setCommand, type Mistake } from "./mistakes";
import { moduleVariables } from "./moduleVariables";
import { pagePaths } from "./pagePaths";
import { cookieDomain, furtherVariablesIn, vapidPublicKey as publicKeyShape } from "./shapes";
import type { Given } from "./sources";
import type { StackKind } from "./spec";
import { catalogue, settingNamed, type SettingName } from "./table";
import { vapidPublicKey } from "./vapid";

/** Given values by setting name, before conversion. */
export type GivenValues = ReadonlyMap<string, Given>;

/** Checks the rules between settings, and between a setting and the tier. Pure. */
export function crossMistakes(kind: StackKind, given: GivenValues, stack: string): Mistake[] {
  return [
    ...acceptedMistakes(given, stack),
    ...(kind === "base" ? baseMistakes(given, stack) : tierMistakes(kind, given, stack)),
  ];
}

/**
 * Refuses to accept anything but secrets. Those of other stacks may be among them, since all stacks read one `.env`.
 */
function acceptedMistakes(given: GivenValues, stack: string): Mistake[] {
  const found = given.get("acceptedSecrets");
  const names = found?.value.split(",") ?? [];
  const secrets = names.filter((name) => catalogue.some((one) => one.name === name && one.secret));
  const unknown = names.filter((name) => !secrets.includes(name));
  // A value that is no list of names has been refused by its own schema.
  const isList = found !== undefined && settingNamed("acceptedSecrets").schema.safeParse(found.value).success;
  if (!isList || unknown.length === 0) return [];
  return [
    {
      setting: "acceptedSecrets",
      what: `acceptedSecrets (from ${found.origin}) names ${unknown.join(", ")}, which is no secret among the settings`,
      ...(secrets.length === 0
        ? removal("acceptedSecrets", found.origin, stack)
        : { type: setCommand("acceptedSecrets", stack, secrets.join(",")) }),
    },
  ];
}

/** Services of Scani's own compose file, by the settings that name them in the `.env` its installer writes. */
const composeServices: Readonly<Partial<Record<SettingName, readonly string[]>>> = {
  DATABASE_URL: ["postgres"],
  REDIS_URL: ["redis"],
  S3_ENDPOINT: ["minio", "storage"],
  S3_PUBLIC_ENDPOINT: ["minio", "storage"],
  SMTP_URL: ["mailpit"],
};

/** Refuses addresses that only containers of a compose project reach. */
function composeMistakes(given: GivenValues, stack: string): Mistake[] {
  return Object.entries(composeServices).flatMap(([name, hosts]) => {
    const setting = name as SettingName;
    const found = given.get(setting);
    if (found === undefined || !URL.canParse(found.value)) return [];
    const { hostname } = new URL(found.value);
    if (!hosts.includes(hostname)) return [];
    return [
      {
        setting,
        what: `${setting} (from ${found.origin}) names ${hostname}, a service of Scani's own compose file, which nothing here reaches: without ${setting} this module runs its own`,
        ...removal(setting, found.origin, stack),
      },
    ];
  });
}

/** Servers that containers log in to. */
const servers = ["DATABASE_URL", "REDIS_URL", "S3_ENDPOINT", "SMTP_URL"] as const;

/** Refuses addresses at which a container reaches itself, and no other server. */
function loopbackMistakes(given: GivenValues, stack: string): Mistake[] {
  return servers.flatMap((setting) => {
    const found = given.get(setting);
    if (found === undefined || !URL.canParse(found.value)) return [];
    const { hostname } = new URL(found.value);
    if (!isOwnMachine(hostname)) return [];
    return [
      {
        setting,
        what: `${setting} (from ${found.origin}) names ${hostname}, which in a container is the container itself: name the server as other machines reach it; without ${setting} this module runs its own`,
        ...removal(setting, found.origin, stack),
      },
    ];
  });
}

/** Adds the command that adopts: an operator with compose's settings most likely has its data too. */
function namingAdopt([first, ...rest]: readonly Mistake[]): Mistake[] {
  if (first === undefined) return [];
  const adopt = adoptCommand("--plan", "--port", "8090");
  return [
    {
      ...first,
      why: "Where that Scani runs, the last command says how it is adopted, with all its data.",
      type: [...commandsOf(first), adopt],
    },
    ...rest,
  ];
}

/**
 * Refuses a cookie's domain that is neither that of page and api nor above it, since the session cookie would not reach
 * them.
 */
function cookieMistakes(given: GivenValues, stack: string): Mistake[] {
  const domain = given.get("COOKIE_DOMAIN");
  if (domain === undefined || !cookieDomain.safeParse(domain.value).success) return [];
  const bare = domain.value.replace(/^\./, "").toLowerCase();
  // Without one, base derives FRONTEND_URL on this machine, and BACKEND_URL from FRONTEND_URL.
  const page = given.get("FRONTEND_URL")?.value ?? "http://localhost";
  const outside = Object.entries({ FRONTEND_URL: page, BACKEND_URL: given.get("BACKEND_URL")?.value }).flatMap(
    ([name, url]) => {
      if (url === undefined || !URL.canParse(url)) return [];
      const { hostname } = new URL(url);
      if (hostname === bare || hostname.endsWith(`.${bare}`)) return [];
      return [`${name} (${hostname}${given.has(name) ? "" : ", which is not given"})`];
    },
  );
  if (outside.length === 0) return [];
  return [
    {
      setting: "COOKIE_DOMAIN",
      what: `COOKIE_DOMAIN (from ${domain.origin}) ${JSON.stringify(domain.value)} does not hold ${outside.join(" and ")}: nobody could sign in`,
      ...removal("COOKIE_DOMAIN", domain.origin, stack),
    },
  ];
}

function baseMistakes(given: GivenValues, stack: string): Mistake[] {
  const mistakes: Mistake[] = [
    ...namingAdopt(composeMistakes(given, stack)),
    ...loopbackMistakes(given, stack),
    ...cookieMistakes(given, stack),
    ...portMistakes(given, stack),
  ];
  if (given.has("S3_ENDPOINT")) {
    for (const setting of ["S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const) {
      if (!given.has(setting)) {
        mistakes.push({
          setting,
          what: `${setting} is missing: S3_ENDPOINT names a managed S3, whose keys cannot be generated`,
          type: setCommand(setting, stack),
        });
      }
    }
  }
  const bucket = given.get("S3_BUCKET");
  if (bucket !== undefined && !given.has("S3_ENDPOINT") && pagePaths.has(bucket.value)) {
    mistakes.push({
      setting: "S3_BUCKET",
      what: `S3_BUCKET (from ${bucket.origin}) ${JSON.stringify(bucket.value)} is a path of Scani's own page, under whose address browsers reach the bundled bucket`,
      type: setCommand("S3_BUCKET", stack),
    });
  }
  const token = given.get("FASTMAIL_API_TOKEN");
  if (given.has("SMTP_URL") && token !== undefined) {
    mistakes.push({
      setting: "FASTMAIL_API_TOKEN",
      what: `FASTMAIL_API_TOKEN (from ${token.origin}) is given beside SMTP_URL; Scani wants one mail transport`,
      ...removal("FASTMAIL_API_TOKEN", token.origin, stack),
    });
  }
  return [...mistakes, ...vapidMistakes(given, stack), ...postgresPlaceMistakes(given, stack)];
}

/** Addresses of the gateway that would collide with the mail catcher's page, which is on loopback. */
const withLoopback: ReadonlySet<string> = new Set(["0.0.0.0", "127.0.0.1"]);

/** Refuses one port for both the gateway and the mail catcher's page. */
function portMistakes(given: GivenValues, stack: string): Mistake[] {
  const [page, mail, address] = (["FRONTEND_PORT", "MAILPIT_UI_PORT", "bindAddress"] as const).map(
    (name) => given.get(name)?.value ?? settingNamed(name).fallback ?? "",
  ) as [string, string, string];
  const isPublished = given.get("publishGateway")?.value !== "false" && withLoopback.has(address);
  const isCaught = !given.has("SMTP_URL") && !given.has("FASTMAIL_API_TOKEN");
  if (!isPublished || !isCaught || Number(page) !== Number(mail)) return [];
  return [
    {
      setting: "MAILPIT_UI_PORT",
      what: `MAILPIT_UI_PORT (from ${given.get("MAILPIT_UI_PORT")?.origin ?? "its default"}) is ${mail}, and so is FRONTEND_PORT: the mail catcher's page and the gateway cannot both have it`,
      type: setCommand("MAILPIT_UI_PORT", stack, String(Number(page) < 65535 ? Number(page) + 1 : 65534)),
    },
  ];
}

/** Refuses keys that are not of one pair, since push services would take no message. */
function vapidMistakes(given: GivenValues, stack: string): Mistake[] {
  const [own, shown] = [given.get("VAPID_PRIVATE_KEY"), given.get("VAPID_PUBLIC_KEY")];
  if (shown === undefined || !publicKeyShape.safeParse(shown.value).success) return [];
  if (vapidPublicKey(own?.value ?? "") === shown.value) return [];
  return [
    {
      setting: "VAPID_PUBLIC_KEY",
      what: `VAPID_PUBLIC_KEY (from ${shown.origin}) is not the public half of VAPID_PRIVATE_KEY${own === undefined ? ", which is not given" : ""}`,
      ...removal("VAPID_PUBLIC_KEY", shown.origin, stack),
    },
  ];
}

/** Refuses more than one place for Postgres' data, and a folder without its volume. */
function postgresPlaceMistakes(given: GivenValues, stack: string): Mistake[] {
  const folder = given.get("postgresFolder");
  if (folder !== undefined && !given.has("postgresVolume"))
    return [
      {
        setting: "postgresFolder",
        what: `postgresFolder (from ${folder.origin}) names a folder of postgresVolume, which is not given`,
        ...removal("postgresFolder", folder.origin, stack),
      },
    ];
  const places = (["DATABASE_URL", "borrowedPostgres", "postgresVolume"] as const).filter((name) => given.has(name));
  const [, ...further] = places;
  return further.map((setting) => ({
    setting,
    what: `${setting} (from ${given.get(setting)?.origin}) is given beside ${places[0]}; the database is in one place`,
    ...removal(setting, given.get(setting)?.origin ?? "Pulumi config", stack),
  }));
}

/** Variables that settings name, and those this module sets itself. */
const taken: ReadonlySet<string> = new Set([...catalogue.map(({ variable }) => variable), ...moduleVariables]);

/** Values under which Scani does not start in production. *Seen* with 0.17.1. */
const refusedByScani: ReadonlyMap<string, { readonly value: string; readonly why: string }> = new Map([
  ...["LOG_REQUEST_BODIES", "LOG_RESPONSE_BODIES"].map(
    (name) => [name, { value: "true", why: "it would log what people send and get, sign-in links among it" }] as const,
  ),
  ...["STUB_AI", "STUB_CHAIN_DATA"].map(
    (name) => [name, { value: "1", why: "it would show made-up data for real" }] as const,
  ),
  ["SCANI_DEMO_MODE", { value: "1", why: "it would let anybody in, over people's own data" }],
]);

/** Refuses further variables that would keep Scani from starting. */
function refusedVariableMistakes(given: GivenValues, stack: string): Mistake[] {
  const found = given.get("extraEnvironment");
  const variables = furtherVariablesIn(found?.value ?? "") ?? [];
  const names = variables
    .filter(({ name, value }) => refusedByScani.get(name)?.value === value)
    .map(({ name }) => name);
  return [...new Set(names)].map((name) => ({
    setting: "extraEnvironment",
    what: `extraEnvironment (from ${found?.origin}) sets ${name}, with which Scani does not start: ${refusedByScani.get(name)?.why}`,
    type: setCommand("extraEnvironment", stack),
  }));
}

/** Refuses further variables that stand for a setting, whose checks they would bypass. */
function furtherVariableMistakes(given: GivenValues, stack: string): Mistake[] {
  const found = given.get("extraEnvironment");
  const names = (furtherVariablesIn(found?.value ?? "") ?? [])
    .map(({ name }) => name)
    .filter((name) => taken.has(name));
  return [...new Set(names)].map((name) => {
    const setting = catalogue.find(({ variable }) => variable === name)?.name;
    return {
      setting: "extraEnvironment",
      what: `extraEnvironment (from ${found?.origin}) sets ${name}, which ${setting === undefined ? "this module sets itself" : `is the setting ${setting}`}`,
      type: setCommand(setting ?? "extraEnvironment", stack),
    };
  });
}

function tierMistakes(kind: StackKind, given: GivenValues, stack: string): Mistake[] {
  return [
    ...furtherVariableMistakes(given, stack),
    ...refusedVariableMistakes(given, stack),
    ...localEndpointMistakes(kind, given, stack),
  ];
}

function localEndpointMistakes(kind: StackKind, given: GivenValues, stack: string): Mistake[] {
  const url = given.get("SCANI_CLOUD_URL");
  if (kind !== "tier2" || url === undefined || !URL.canParse(url.value)) return [];
  const { hostname } = new URL(url.value);
  if (hostname !== "data-provider") return [];
  // An install that comes from compose has the local URL and key in `.env`; on tier 2 nothing may name them.
  return [
    {
      setting: "SCANI_CLOUD_URL",
      what: `SCANI_CLOUD_URL (from ${url.origin}) names the local data-provider, which tier 2 does not have`,
      type: setCommand("SCANI_CLOUD_URL", stack),
    },
  ];
}
