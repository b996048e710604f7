import { connect, type AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { makeAuthority } from "../../../lab/rehearse/authority";

/**
 * A proxy in front of the gateway that terminates TLS and passes the content on unchanged, without headers of its own.
 */
export interface TlsProxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a proxy on a free port of loopback. @param gateway address it connects to */
export async function startTlsProxy(gateway: URL): Promise<TlsProxy> {
  const { certificate, key } = await makeAuthority(gateway.hostname);
  const server = createServer({ cert: certificate, key }, (outside) => {
    const inside = connect(Number(gateway.port), gateway.hostname);
    outside.pipe(inside).pipe(outside);
    for (const [one, other] of [
      [outside, inside],
      [inside, outside],
    ] as const)
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
    sockets.add(outside);
    outside.on("close", () => sockets.delete(outside));
  });
  const sockets = new Set<{ destroy(): unknown }>();
  await new Promise<void>((resolve) => {
    server.listen(0, gateway.hostname, resolve);
  });
  return {
    url: `https://${gateway.hostname}:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
