/** Where a port is published on the host, in parts. */
export interface PublishedAt {
  readonly ip: string;
  readonly port: string;
}

/** Reads `ip:port`, as the engine's details have it; an IPv6 address has colons of its own. Pure. */
export function publishedAt(address: string): PublishedAt {
  const at = address.lastIndexOf(":");
  return { ip: address.slice(0, at), port: address.slice(at + 1) };
}
