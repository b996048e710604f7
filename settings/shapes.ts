import { z } from "zod";
import { isDevelopmentValue } from "./unsafe";

/** Text forms of settings: every value arrives as a string, whichever source gave it. */

export const text = z.string();

export const secretText = (least: number) =>
  z.string().superRefine((value, ctx) => {
    if (isDevelopmentValue(value)) {
      ctx.addIssue({ code: "custom", message: "is a value Scani ships for development, which anyone can read" });
    } else if (value.length < least) {
      ctx.addIssue({ code: "custom", message: `is ${value.length} characters long and needs ${least} or more` });
    } else if (/[\r\n\0]/.test(value)) {
      ctx.addIssue({ code: "custom", message: "holds a line break or a NUL" });
    }
  });

export const flag = z
  .enum(["true", "false"], { message: "is neither true nor false" })
  .transform((value) => value === "true");

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
  return URL.canParse(value) ? new URL(value) : undefined;
}

export const url = (...protocols: string[]) =>
  z.string().refine((value) => protocols.includes(urlOf(value)?.protocol.slice(0, -1) ?? ""), {
    message: `is not a URL that begins with ${protocols.map((p) => `${p}://`).join(" or ")}`,
  });

export const originUrl = url("http", "https").refine(
  (value) => {
    const parsed = urlOf(value);
    return parsed !== undefined && (parsed.pathname === "/" || parsed.pathname === "") && parsed.search === "";
  },
  { message: "has a path; it is the bare public address" },
);

/** Scani's rule for a host that cannot be on the internet: its name has no dot, or ends as no public one does. Pure. */
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
 * True for a tag that names a version: one without a digit (`latest`, `stable`, `alpine`) moves from under an install.
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
 * One source of a policy: a keyword, a scheme, a host with what may stand around it. None holds what nginx or a policy
 * would read as its own.
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

/** Docker names, and the prefix of every name this module gives. */
export const resourceName = z.string().regex(/^[a-z][a-z0-9-]{0,29}$/, {
  message: "is not lower-case letters, digits and hyphens, beginning with a letter, 30 at most",
});
