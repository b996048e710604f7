/** Returns the host of a URL, or of an address with a port, without the brackets of an IPv6 address. Pure. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/** Returns the host of a URL, without an IPv6 address's brackets; undefined for text that is no URL. Pure. */
export function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? bareHost(new URL(url).hostname) : undefined;
}

/**
 * True for a host that means the machine that uses it: in a container, that container. Pure.
 * @param host of a URL or by itself, with or without the brackets of an IPv6 address
 */
export function isOwnMachine(host: string): boolean {
  return /^((.*\.)?localhost\.?|127(\.\d+){1,3}|0\.0\.0\.0|::1?)$/i.test(bareHost(host));
}

/**
 * True for a host on which Scani starts without TLS, since browsers take it for their own machine. Accepts fewer than
 * `isOwnMachine`: a browser trusts neither `0.0.0.0` nor `::`, and of all that begin with 127 Scani accepts only the
 * first. Pure.
 */
export function isBrowserLocal(host: string): boolean {
  return /^((.*\.)?localhost|127\.0\.0\.1|::1)$/.test(bareHost(host));
}
