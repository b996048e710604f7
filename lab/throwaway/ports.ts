import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

/**
 * Ports that are tried: below those Linux gives to connections (32768 and above), of which one may be given to somebody
 * while an install is away for a moment, and its port with it.
 */
const [lowest, highest] = [12_000, 32_000];

/** Ports nothing listens on now, all different. Held together until all are known, so none is given twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listening));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A server on a port that was free. @throws the system's refusal for any other reason than that one is taken */
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
