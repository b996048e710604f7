import type { NamesOf, Settings } from "../../../settings";
import { hostOf } from "../../../util/host";
import type { Environment } from "./environment";

/** A setting base reads. */
export type BaseSetting = NamesOf<"base">;

/** A service of base that somebody else may run instead. */
export interface Replaceable {
  /** Name for the operator. */
  readonly title: string;
  /** Settings that name a managed one; any of them is enough. */
  readonly replacedBy: readonly BaseSetting[];
  /** Host name by which a release reaches base's own. */
  readonly host: string;
  /** Variable of a release that names it. */
  readonly variable: string;
  /** Variables of its container that a release logs in with, by the setting they come from. */
  readonly credentials: Readonly<Partial<Record<BaseSetting, string>>>;
  /** True where it holds data that exists nowhere else. */
  readonly holdsData: boolean;
  /**
   * True where nothing is lost with it, so that base gives it up as soon as no release names it any more. Jobs wait in
   * Redis, and the others hold data.
   */
  readonly isExpendable: boolean;
}

/** Services base can do without. */
export const replaceable = {
  postgres: {
    title: "Postgres",
    replacedBy: ["DATABASE_URL"],
    host: "postgres",
    variable: "DATABASE_URL",
    credentials: {
      POSTGRES_USER: "POSTGRES_USER",
      POSTGRES_DB: "POSTGRES_DB",
      POSTGRES_PASSWORD: "POSTGRES_PASSWORD",
    },
    holdsData: true,
    isExpendable: false,
  },
  redis: {
    title: "Redis",
    replacedBy: ["REDIS_URL"],
    host: "redis",
    variable: "REDIS_URL",
    credentials: { REDIS_PASSWORD: "REDIS_PASSWORD" },
    holdsData: false,
    isExpendable: false,
  },
  storage: {
    title: "S3 server",
    replacedBy: ["S3_ENDPOINT"],
    host: "storage",
    variable: "S3_ENDPOINT",
    credentials: { S3_ACCESS_KEY_ID: "ROOT_ACCESS_KEY", S3_SECRET_ACCESS_KEY: "ROOT_SECRET_KEY" },
    holdsData: true,
    isExpendable: false,
  },
  mail: {
    title: "mail server",
    replacedBy: ["SMTP_URL", "FASTMAIL_API_TOKEN"],
    host: "mailpit",
    variable: "SMTP_URL",
    credentials: {},
    holdsData: false,
    isExpendable: true,
  },
} as const satisfies Record<string, Replaceable>;

export type ReplaceableService = keyof typeof replaceable;

/** Entries of `replaceable`, typed for a loop. */
export const replaceableServices = Object.entries(replaceable) as [ReplaceableService, Replaceable][];

/** Names of base's services, as in their containers' labels and names. */
export const baseServices: readonly string[] = ["gateway", ...Object.keys(replaceable)];

/** True where a service is base's, and not somebody else's. Pure. */
export function bundles(settings: Settings<"base">, service: ReplaceableService): boolean {
  return !replaceable[service].replacedBy.some((name) => settings[name] !== undefined);
}

/** True where base declares a container for a service; it may borrow another's Postgres. Pure. */
export function declares(settings: Settings<"base">, service: ReplaceableService): boolean {
  return bundles(settings, service) && !(service === "postgres" && settings.borrowedPostgres !== undefined);
}

/** True where the variables of a release name base's own server, and not somebody else's. Pure. */
export function namesOwn(environment: Environment, service: ReplaceableService): boolean {
  const { variable, host } = replaceable[service];
  return hostOf(environment[variable] ?? "") === host;
}
