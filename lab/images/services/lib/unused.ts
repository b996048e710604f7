import type { Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import { Server as TlsServer } from "node:tls";

/**
 * Tracks connections that have had no request yet. A proxy opens some ahead; Node does not count them as idle, so a
 * closing server would wait for them until it is killed. Bun, which the real services run on, does not wait.
 */
export function unusedConnections(server: Server | SecureServer): { destroy(): void } {
  const unused = new Set<Socket>();
  server.on(server instanceof TlsServer ? "secureConnection" : "connection", (socket: Socket) => {
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });
  for (const event of ["request", "upgrade"] as const)
    server.prependListener(event, (req) => unused.delete(req.socket as Socket));
  return { destroy: () => unused.forEach((socket) => socket.destroy()) };
}
