import { Agent, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { signInPaths } from "../../../host/gateway/signIn";

/**
 * An operator's own proxy in front of Scani, which can be pointed elsewhere while requests come. It also adds the path
 * segment that the page's sign-in calls lack under compose.
 */
export class Proxy {
  readonly url: string;
  private target = { port: 0, mends: false };
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(private readonly server: Server) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", (incoming, outgoing) => {
      const { port, mends } = this.target;
      const path = mends ? mended(incoming.url ?? "/") : incoming.url;
      const passed = request(
        { host: "127.0.0.1", port, path, method: incoming.method, headers: incoming.headers, agent: this.agent },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      passed.on("error", (error) => {
        if (!outgoing.headersSent) outgoing.writeHead(502);
        outgoing.end(error.message);
      });
      incoming.pipe(passed);
    });
  }

  static async start(): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Proxy(server);
  }

  /** @param mends true when Scani's own page answers there, and not this module's gateway */
  pointAt(port: number, mends: boolean): void {
    this.target = { port, mends };
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function mended(path: string): string {
  const [, first = ""] = /^\/api\/([^/?]+)/.exec(path) ?? [];
  if (first === "auth") return path.replace(/^\/api\//, "/api/api/");
  return signInPaths.includes(first) ? path.replace(/^\/api\//, "/api/api/auth/") : path;
}
