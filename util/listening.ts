import { createServer } from "node:net";

/** True when some program of this machine listens on a port, on whatever address. */
export function isListenedOn(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once("error", (error: NodeJS.ErrnoException) =>
        // What this user may not listen on, the engine may.
        ["EADDRINUSE", "EACCES"].includes(error.code ?? "") ? resolve(error.code === "EADDRINUSE") : reject(error),
      )
      .listen(port, () => server.close(() => resolve(false)));
  });
}
