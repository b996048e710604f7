import { setCommand } from "../../../settings";
import { kindOf, stacksBeside } from "../names/stacks";
import type { Problem } from "../../../util/operatorError";

/**
 * Policy of a page: the `connect-src` of its content security policy says where it may send requests to. It has to
 * allow the origin uploads go to, which is the page's own where storage is bundled, and another's where it is not.
 */

/** Returns the origin of a URL, as a policy and a browser spell it. */
export function originOf(url: string): string {
  return new URL(url).origin;
}

/**
 * Returns the policy of a release's page.
 * @param given the operator's own; it wins
 * @param uploads origin uploads go to, where that is known
 */
export function connectSrc(given: string | undefined, uploads: string | undefined, page: string): string {
  if (given !== undefined) return given;
  return uploads === undefined || uploads === page ? "'self'" : `'self' ${uploads}`;
}

/**
 * Returns the origin a page of tier 1 uploads to: that of a managed S3 server, else the page's own, under which the
 * gateway serves the bundled one. Pure.
 */
export function localUploads(
  { S3_PUBLIC_ENDPOINT, S3_ENDPOINT }: { readonly S3_PUBLIC_ENDPOINT?: string; readonly S3_ENDPOINT?: string },
  page: string,
): string {
  return originOf(S3_PUBLIC_ENDPOINT || S3_ENDPOINT || page);
}

/** Policy of a release's page, and where the page uploads to. */
interface UploadsPolicy {
  readonly policy: string;
  /** Origin uploads go to. */
  readonly uploads: string;
  /** Origin of the page. */
  readonly page: string;
  /** Name of the Pulumi stack. */
  readonly stack: string;
}

/** Returns why a policy stops a release, and what to type; undefined where it allows the uploads. Pure. */
export function policyProblem({ policy, uploads, page, stack }: UploadsPolicy): Problem | undefined {
  if (kindOf(stack) === "tier2" && isMixed(uploads, page))
    return {
      ...mixedContent(uploads, page),
      why: "The hosted endpoint names that address: ask who runs it for one of https.",
    };
  if (allows(policy, uploads, page)) return undefined;
  return {
    what: `Nobody could upload: files go to ${uploads}, and the page's policy (CSP_CONNECT_SRC: ${policy}) does not allow it to send anything there.`,
    type: setCommand("CSP_CONNECT_SRC", stack, `${policy} ${uploads}`),
  };
}

/**
 * Returns what is to be said of uploads to the operator's own S3 server that browsers block; undefined where they do not.
 * No release changes it, so none is refused for it. Pure.
 */
export function blockedUploads({ uploads, page, stack }: Omit<UploadsPolicy, "policy">): Problem | undefined {
  if (!isMixed(uploads, page)) return undefined;
  return {
    ...mixedContent(uploads, page),
    why: "Give the S3 server an address of https for browsers, behind a proxy that ends TLS for instance.",
    type: setCommand("S3_PUBLIC_ENDPOINT", stacksBeside(stack).base),
  };
}

function mixedContent(uploads: string, page: string): Problem {
  return {
    what: `Nobody can upload: the page is at ${page}, files go to ${uploads}, and browsers block what a page of https sends to plain http.`,
  };
}

/** Hosts that browsers take for their own machine or network: there they may let a page of https send to plain http. */
const near =
  /^(localhost|.*\.(localhost|local)|(127|10)(\.\d+){3}|(192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))(\.\d+){2}|\[(::1|f[cde].*)\])$/;

/**
 * True where browsers block what a page of this origin sends to another, whatever its policy. Source: Mixed Content, 5.1;
 * Secure Contexts, 3.1; Local Network Access. Pure.
 */
function isMixed(origin: string, page: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return new URL(page).protocol === "https:" && protocol === "http:" && !near.test(hostname);
}

/** True when a page of this origin may send requests to another under this policy. Source: CSP Level 3, 6.7.2. Pure. */
export function allows(policy: string, origin: string, page: string): boolean {
  return policy
    .trim()
    .split(/\s+/)
    .some((source) => matches(source, new URL(origin), new URL(page)));
}

const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

function matches(source: string, url: URL, page: URL): boolean {
  if (source === "*") return ["http:", "https:"].includes(url.protocol);
  if (source === "'self'") return url.origin === page.origin;
  if (/^[a-z][a-z0-9+.-]*:$/i.test(source)) return schemeFits(source, url.protocol);
  const [, scheme, host, port] = /^(?:([a-z][a-z0-9+.-]*:)\/\/)?([^/:']+)(?::(\d+|\*))?(?:\/.*)?$/i.exec(source) ?? [];
  if (host === undefined || !schemeFits(scheme ?? page.protocol, url.protocol)) return false;
  const name = host.toLowerCase();
  const hostFits = name.startsWith("*.") ? url.hostname.endsWith(name.slice(1)) : url.hostname === name;
  return (
    hostFits && (port === "*" || (url.port || defaultPorts[url.protocol]) === (port ?? defaultPorts[url.protocol]))
  );
}

/** True where a source's scheme allows a protocol: http allows https as well. */
function schemeFits(source: string, protocol: string): boolean {
  const scheme = source.toLowerCase();
  return scheme === protocol || (scheme === "http:" && protocol === "https:");
}
