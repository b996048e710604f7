import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

/**
 * Ports that are tried: below those Linux gives to outgoing connections (32768 and above), one of which could be taken
 * while an install's port is free for a moment.
 */
const [lowest, highest] = [12_000, 32_000];

/** Finds ports nothing listens on now, all different. All are held until the last is known, so none is given twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listening));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Opens a server on a free port. @throws the system's error for any reason other than a port in use */
async function listening(): Promise<Server> {
  for (;;) {
    const server = createServer().listen(randomInt(lowest, highest), "127.0.0.1");
    try {
      await once(server, "listening");
      return server;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
}
