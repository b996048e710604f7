import { createServer } from "node:net";

/**
 * Errors that leave it open: this user may not listen there, or the address is another machine's; the engine still may.
 */
const unknown: readonly string[] = ["EACCES", "EADDRNOTAVAIL"];

/** True when some program of this machine listens on a port. @param address IPv4; without it any counts */
export function isListenedOn(port: number, address?: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once("error", (error: NodeJS.ErrnoException) =>
        ["EADDRINUSE", ...unknown].includes(error.code ?? "") ? resolve(error.code === "EADDRINUSE") : reject(error),
      )
      .listen(port, address, () => server.close(() => resolve(false)));
  });
}
