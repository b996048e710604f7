import { createLog } from "./log";

type Rule = (value: string) => string | undefined;

/**
 * Reads the environment by the rules of the real services and collects every mistake, so that one start names them all.
 * Messages name variables and rules, never values: most of the values are secrets.
 */
export class Settings {
  private readonly issues: { variable: string; message: string }[] = [];

  constructor(
    private readonly service: string,
    private readonly env: NodeJS.ProcessEnv = process.env,
  ) {}

  required(variable: string, ...rules: Rule[]): string {
    const value = this.env[variable];
    if (!value) {
      this.issues.push({ variable, message: "is required" });
      return "";
    }
    return this.checked(variable, value, rules);
  }

  /** Reads a variable that may be unset, but not empty or wrong. */
  optional(variable: string, ...rules: Rule[]): string | undefined {
    const value = this.env[variable];
    return value === undefined ? undefined : this.checked(variable, value, rules);
  }

  /** Checks the variables every Scani service has. */
  common(): void {
    this.required("SERVICE_NAME", (v) => (v === this.service ? undefined : `must be exactly ${this.service}`));
    this.required("LOG_ID_PEPPER", atLeast(16));
  }

  /** Exits the process if there was any mistake. */
  settle(): void {
    if (this.issues.length === 0) return;
    const names = this.issues.map((issue) => issue.variable).join(", ");
    createLog(this.service).fatal(`Invalid environment configuration: ${names}`, { issues: this.issues });
    process.exit(1);
  }

  private checked(variable: string, value: string, rules: Rule[]): string {
    for (const rule of rules) {
      const message = rule(value);
      if (message !== undefined) {
        this.issues.push({ variable, message });
        break;
      }
    }
    return value;
  }
}

export const atLeast =
  (length: number): Rule =>
  (value) =>
    value.length >= length ? undefined : `must be at least ${length} characters`;

export const positiveInteger: Rule = (value) => (/^[1-9]\d*$/.test(value) ? undefined : "must be a positive integer");

export const port: Rule = (value) =>
  /^\d{1,5}$/.test(value) && Number(value) > 0 && Number(value) < 65536 ? undefined : "must be a port number";

export const urlOf =
  (...protocols: string[]): Rule =>
  (value) => {
    const url = parsed(value);
    return url && protocols.includes(url.protocol) ? undefined : `must be a URL (${protocols.join(" or ")})`;
  };

/** Accepts a URL or an empty value, which counts as unset: compose passes an empty one on. */
export const optionalUrl: Rule = (value) => (value === "" || parsed(value) ? undefined : "must be a URL, or empty");

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Accepts a URL for browsers: https, or http to a loopback host. */
export const publicUrl: Rule = (value) => {
  const url = parsed(value);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK.test(url.hostname))) return undefined;
  return "must use https:// in production (plain http is allowed only for loopback hosts)";
};

export const noPath: Rule = (value) => (parsed(value)?.pathname === "/" ? undefined : "must have no path");

/** Accepts https, or http to a private host: no dot, `.internal` or `.local`. */
export const cloudUrl: Rule = (value) => {
  const url = parsed(value);
  if (!url) return "must be a valid URL";
  const isPrivate = !url.hostname.includes(".") || /\.(internal|local)$/.test(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && isPrivate)) return undefined;
  return "must use https:// in production; http:// is only allowed for hosts without a dot and for .internal and .local";
};

function parsed(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}
