import { isIP } from "node:net";
import { homedir } from "node:os";
import { z } from "zod";
import { isWithin, parseBlock } from "../util/ipv4";
import { isDevelopmentValue } from "./unsafe";
import { isVapidPrivateKey } from "./vapid";
import { bareHost, isBrowserLocal } from "../util/host";

/** Text forms of settings: every value arrives as a string, whichever source gave it. */

export const text = z.string();

/** Mark of a fault that an operator may accept in a secret that is in use already. */
const acceptable = { params: { acceptable: true } };

/** True where every rule a secret breaks is one an operator may accept: it is short, or published. Pure. */
export function isAcceptable(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.every((issue) => issue.code === "custom" && issue.params?.acceptable === true);
}

export const secretText = (least: number) =>
  z.string().superRefine((value, ctx) => {
    if (isDevelopmentValue(value))
      ctx.addIssue({
        code: "custom",
        message: "is a value Scani ships for development, which anyone can read",
        ...acceptable,
      });
    else if (value.length < least)
      ctx.addIssue({
        code: "custom",
        message: `is ${value.length} characters long and needs ${least} or more`,
        ...acceptable,
      });
    if (/[\r\n\0]/.test(value)) ctx.addIssue({ code: "custom", message: "holds a line break or a NUL" });
  });

/** Key that is sent in an HTTP header, which carries ASCII and takes spaces off both ends. */
export const headerSecret = (least: number) =>
  secretText(least).regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, {
    message: "is sent in an HTTP header, which carries no spaces at its ends and no characters beyond ASCII",
  });

export const flag = z
  .enum(["true", "false"], { message: "is neither true nor false" })
  .transform((value) => value === "true");

export const yesOrNo = z.enum(["yes", "no"], { message: "is neither yes nor no" });

export const wholeNumber = (least: number, most: number) =>
  z.string().transform((value, ctx) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most) {
      ctx.addIssue({ code: "custom", message: `is not a whole number from ${least} to ${most}` });
      return z.NEVER;
    }
    return number;
  });

function urlOf(value: string): URL | undefined {
  return /[\s\0]/.test(value) || !URL.canParse(value) ? undefined : new URL(value);
}

export const url = (...protocols: string[]) =>
  z.string().refine((value) => protocols.includes(urlOf(value)?.protocol.slice(0, -1) ?? ""), {
    message: `is not a URL that begins with ${protocols.map((p) => `${p}://`).join(" or ")}`,
  });

/** Attaches the right value to a refusal, so that the command to type names it. */
const instead = (value: string) => ({ params: { instead: value } });

/** Beginning of a path that only a shell replaces by a home folder. */
const shellsHome = /^(~|\$HOME\b|\$\{HOME\})[^/]*/;
/** The operator's own home folder at the beginning of a path, with the rest of the path. */
const ownHome = /^(?:~|\$HOME|\$\{HOME\})(|\/[^]*)$/;

/**
 * Refuses a path that begins with text a shell would have replaced: it would be a folder of that very name.
 * @param scheme text before the path
 */
const pathAfter = (scheme: string) =>
  z.string().superRefine((value, ctx) => {
    const path = value.startsWith(scheme) ? value.slice(scheme.length) : "";
    const [mark] = shellsHome.exec(path) ?? [];
    if (mark === undefined) return;
    const rest = ownHome.exec(path)?.[1];
    const inDotenv = rest === undefined ? "" : `; in .env it is ${scheme}\${HOME}${rest}`;
    ctx.addIssue({
      code: "custom",
      message: `begins with ${mark}, which only a shell replaces by a home folder${inDotenv}`,
      ...(rest === undefined ? {} : instead(`${scheme}${homedir()}${rest}`)),
    });
  });

/** A folder, from the root or from the project's folder on. */
export const folder = pathAfter("").regex(/^[^\0\r\n]+$/, { message: "is not a folder" });

export const dockerHost = pathAfter("unix://").regex(/^(unix|tcp|ssh|npipe):\/\//, {
  message: "does not begin with unix://, tcp:// or ssh://",
});

/** Scani's rule for its public addresses, which it compares with a browser's origin as text. */
export const publicUrl = z.string().superRefine((value, ctx) => {
  const parsed = urlOf(value);
  const refuse = (message: string, right?: string): void =>
    ctx.addIssue({ code: "custom", message, ...(right === undefined ? {} : instead(right)) });
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    return refuse("is not a URL that begins with http:// or https://");
  const secure = parsed.protocol === "https:" || isBrowserLocal(parsed.hostname);
  const { origin } = parsed;
  if (!secure)
    return refuse(
      `is plain http to ${parsed.hostname}: Scani starts with https:// only, or on this machine itself (http://localhost)`,
      `https://${parsed.hostname}`,
    );
  if (value === origin) return;
  if (value === `${origin}/`) return refuse("ends in a slash, and no browser's origin does", origin);
  if (parsed.pathname !== "/" || parsed.search !== "" || parsed.hash !== "" || parsed.username !== "")
    return refuse("has a path; it is the bare public address", origin);
  refuse("is not written as browsers write it, with which Scani compares it", origin);
});

/** Address with a user and a password in it. Their special characters are percent-encoded. */
export const serverUrl = (...protocols: string[]) =>
  z.string().superRefine((value, ctx) => {
    const parsed = urlOf(value);
    const names = protocols.map((protocol) => `${protocol}://`).join(" or ");
    if (parsed === undefined || !protocols.includes(parsed.protocol.slice(0, -1)) || parsed.hostname === "")
      ctx.addIssue({
        code: "custom",
        message: `is not a URL that begins with ${names}; in its password / is written %2F, # %23, ? %3F, @ %40, % %25`,
      });
    else if (!decodes(parsed.username) || !decodes(parsed.password))
      ctx.addIssue({ code: "custom", message: "holds a % that begins no code; % itself is written %25" });
  });

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Modes under which none of Scani's Postgres clients checks the server's certificate. *Seen* with 0.17.1. */
const uncheckedModes: ReadonlySet<string> = new Set(["disable", "no-verify"]);

export const databaseUrl = serverUrl("postgres", "postgresql")
  .refine((value) => (urlOf(value)?.pathname.length ?? 0) > 1, {
    message: "names no database: it ends in /<database>",
  })
  .refine(
    (value) => {
      const url = urlOf(value);
      const mode = url?.searchParams.get("sslmode");
      return !url || !mode || uncheckedModes.has(mode) || isIP(bareHost(url.hostname)) === 0;
    },
    {
      message:
        "names the server by an address, and Scani checks a certificate against names only: give a name, or sslmode=no-verify",
    },
  )
  .refine((value) => !["sslrootcert", "sslcert", "sslkey"].some((name) => urlOf(value)?.searchParams.has(name)), {
    message: "names a file, which no container has: an authority's certificate is given as caCertificate",
  })
  // *Seen* with 0.17.1: without sslmode one client demands TLS, and the other never uses it.
  .refine((value) => urlOf(value)?.searchParams.get("sslmode") !== null, {
    message:
      "says nothing of sslmode, which Scani's clients then take differently: it ends in ?sslmode=verify-full; no-verify checks no certificate, disable encrypts nothing",
  });

/** Scani's mail client splits the text before the @ at its first colon, escaped or not. *Seen* with nodemailer 6.10. */
export const mailServer = serverUrl("smtp", "smtps").refine((value) => !/%3a/i.test(urlOf(value)?.username ?? ""), {
  message: "has a user name with a colon, after which Scani's mail client takes the password to begin",
});

/** Scani's rule for the sender: an address, or a name in double quotes and the address in angle brackets. */
export const sender = z.string().regex(/^(?:"[^"]*"\s*<[^>\s]+@[^>\s]+>|[^\s<>]+@[^\s<>]+)$/, {
  message: 'is neither a mail address nor "Name" <address>',
});

export const cookieDomain = z
  .string()
  .regex(/^\.?[a-z0-9-]+(\.[a-z0-9-]+)*$/i, { message: "is not a domain" })
  .refine((value) => /[^.]\.[^.]/.test(value) && !/^\.?[\d.]+$/.test(value), {
    message: "is no domain a browser keeps cookies for: it has no dot, or is an address",
  });

const levels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

/** Level of the logs; Scani takes it in capitals too. */
export const logLevel = z
  .string()
  .transform((value) => value.toLowerCase())
  .pipe(z.enum(levels, { message: `is none of ${levels.join(", ")}` }));

/**
 * True for a host that cannot be on the internet, by Scani's rule: its name has no dot, or ends as no public one does.
 * Pure.
 */
export function isPrivateHost(hostname: string): boolean {
  return !hostname.includes(".") || /\.(internal|local)$/.test(hostname);
}

/** Scani's rule for the data-provider's URL: plain http only for a host that cannot be on the internet. */
export const cloudUrl = url("http", "https").refine(
  (value) => {
    const parsed = urlOf(value);
    if (parsed === undefined || parsed.protocol === "https:") return true;
    return isPrivateHost(parsed.hostname);
  },
  { message: "is plain http to a public host, which Scani refuses to start with" },
);

/**
 * True for a tag that names a version: one without a digit (`latest`, `stable`, `alpine`) may come to mean another
 * image.
 */
function namesVersion(tag: string): boolean {
  return /^[\w][\w.-]{0,127}$/.test(tag) && /\d/.test(tag);
}

/** An image pinned by a tag that names a version, or by digest. */
export const pinnedImage = z.string().refine(
  (value) => {
    if (/@sha256:[0-9a-f]{64}$/.test(value)) return true;
    const tag = /:([^:]+)$/.exec(value.slice(value.lastIndexOf("/") + 1))?.[1];
    return tag !== undefined && namesVersion(tag);
  },
  { message: "is not pinned: it needs a tag that names a version, or a digest" },
);

export const imageTag = z.string().refine(namesVersion, {
  message: "is not a tag that names a version",
});

export const certificate = z.string().regex(/^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, {
  message: "is not a certificate in PEM form",
});

/**
 * One source of a policy: a keyword, a scheme, or a host with a scheme, port and path. None holds characters that nginx
 * or a policy would interpret.
 */
const policySource =
  /^('self'|'none'|\*|[a-z][a-z0-9+.-]*:|([a-z][a-z0-9+.-]*:\/\/)?(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:(\d+|\*))?(\/[\w./%~-]*)?)$/i;

/** `connect-src` of a content security policy. */
export const connectSrc = z.string().superRefine((value, ctx) => {
  const sources = value.trim().split(/\s+/);
  const bare = sources.find((source) => /^(self|none)$/i.test(source));
  const wrong = sources.find((source) => !policySource.test(source));
  if (bare !== undefined)
    ctx.addIssue({
      code: "custom",
      message: `names a host ${bare}; the page itself is '${bare.toLowerCase()}', with its single quotes, which a .env file keeps inside double ones: "'self'"`,
    });
  else if (wrong !== undefined)
    ctx.addIssue({ code: "custom", message: `holds ${JSON.stringify(wrong)}, which is no source of a policy` });
});

export const ipv4Address = z.string().refine((value) => isIP(value) === 4, { message: "is not an IPv4 address" });

/** Ranges in which no public host has an address (RFC 1918). */
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].flatMap((range) => parseBlock(range) ?? []);

/** Longest prefix of an install's subnet: each of its networks needs room for several releases. */
const longestPrefix = 24;

export const privateSubnet = z.string().superRefine((value, ctx) => {
  const block = parseBlock(value);
  if (block === undefined)
    ctx.addIssue({ code: "custom", message: "is not an IPv4 block such as 10.213.7.0/24, named by its first address" });
  else if (!privateRanges.some((range) => isWithin(block, range)))
    ctx.addIssue({
      code: "custom",
      message: "is not private: it must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
    });
  else if (block.prefix > longestPrefix)
    ctx.addIssue({ code: "custom", message: `is too small: a /${longestPrefix} or larger is needed` });
});

/** Scani's rule for a moment: ISO 8601 in UTC. */
export const moment = z.iso.datetime({ message: "is not a moment such as 2030-01-01T00:00:00Z" });

/** Scani's rule for the address by which push services contact the operator. */
export const pushContact = z
  .string()
  .refine((value) => /^mailto:\S+@\S+$/.test(value) || urlOf(value)?.protocol === "https:", {
    message: "is neither mailto:<address> nor a URL that begins with https://",
  });

export const vapidPrivateKey = z
  .string()
  .refine(isVapidPrivateKey, { message: "is no private key of P-256 in base64url, 43 characters" });

export const vapidPublicKey = z
  .string()
  .regex(/^B[\w-]{86}$/, { message: "is no public key of P-256 in base64url, 87 characters" });

/** Services of Scani that take further variables. */
const configurable = ["api", "worker", "data-provider", "frontend-app", "migrate"] as const;

const furtherVariables = z.array(
  z.strictObject({
    service: z.enum(configurable),
    // Any name the engine takes: dots and hyphens are rare, and valid.
    name: z.string().regex(/^[^=\s\0]+$/),
    value: z.string().regex(/^[^\0]*$/),
  }),
);

/** A variable of one of Scani's services that no setting names. */
export type FurtherVariable = z.infer<typeof furtherVariables>[number];

/** Parses the text form of `extraEnvironment`; undefined where it is invalid. Pure. */
export function furtherVariablesIn(text: string): readonly FurtherVariable[] | undefined {
  try {
    return furtherVariables.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export const extraEnvironment = z.string().refine((value) => furtherVariablesIn(value) !== undefined, {
  message: `is not JSON of the form [{"service":"api","name":"NAME","value":"value"}], with service one of ${configurable.join(", ")}`,
});

/** Name that Docker gives and takes. */
export const dockerName = z.string().regex(/^[a-zA-Z0-9][\w.-]{0,127}$/, { message: "is no name Docker takes" });

/** Several names that Docker takes, separated by commas. */
export const dockerNames = z
  .string()
  .refine((value) => value.split(",").every((one) => dockerName.safeParse(one).success), {
    message: "is no list of names Docker takes",
  });

/** Docker name, and the prefix of every name this module gives. */
export const resourceName = z.string().regex(/^[a-z][a-z0-9-]{0,29}$/, {
  message: "is not lower-case letters, digits and hyphens, beginning with a letter, 30 at most",
});
