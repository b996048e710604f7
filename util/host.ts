/** Host of a URL, or of an address with a port, without the brackets of an IPv6 address. Pure. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
