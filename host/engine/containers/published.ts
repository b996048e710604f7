import { bareHost } from "../../../util/host";

/** Host address on which a port is published, in parts. */
export interface PublishedAt {
  readonly ip: string;
  readonly port: string;
}

/** Reads `ip:port`, as the engine's details have it, with an IPv6 address in brackets. Pure. */
export function publishedAt(address: string): PublishedAt {
  const at = address.lastIndexOf(":");
  return { ip: bareHost(address.slice(0, at)), port: address.slice(at + 1) };
}

/** Writes `ip:port`, the reverse of `publishedAt`. Pure. */
export function renderPublished({ ip, port }: PublishedAt): string {
  return `${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
}
