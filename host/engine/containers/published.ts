import { bareHost } from "../../../util/host";

/** Where a port is published on the host, in parts. */
export interface PublishedAt {
  readonly ip: string;
  readonly port: string;
}

/** Reads `ip:port`, as the engine's details have it, with an IPv6 address in brackets. Pure. */
export function publishedAt(address: string): PublishedAt {
  const at = address.lastIndexOf(":");
  return { ip: bareHost(address.slice(0, at)), port: address.slice(at + 1) };
}

/** The reverse. Pure. */
export function renderPublished({ ip, port }: PublishedAt): string {
  return `${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
}
