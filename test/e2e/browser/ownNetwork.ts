import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A network namespace from which only a proxy inside it can be reached. */
export interface OwnNetwork {
  /** Returns the path of a script that runs a program in the namespace. */
  readonly wrap: (program: string) => string;
  /** Address inside the namespace of a SOCKS 5 proxy that connects from this process's own network. */
  readonly proxy: string;
  close(): void;
}

/**
 * Program for the namespace: it listens there, passes the listening socket to the parent outside, and keeps the
 * namespace until the parent ends.
 */
const listen = `
  const server = require("node:net").createServer().listen(0, "127.0.0.1", () => process.send(server.address().port, server, () => server.close()));
  process.on("message", () => undefined);
`;

/**
 * Commands that bring the namespace's interfaces up. Without one besides loopback, here with nothing at its other end,
 * Chromium and so Scani's page report to be offline. IPv6 is off, since its addresses come a moment later.
 */
const setUp = [
  "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6",
  "ip link set lo up",
  "ip link add near type veth peer name far",
  "ip address add 192.0.2.1/24 dev near",
  "ip link set near up",
  "ip link set far up",
].join(" && ");

/** True for root, who needs no user namespace for a network namespace; other users do. */
const asRoot = process.getuid?.() === 0;

/**
 * Creates a network that no container's start or end changes. Chromium aborts pending connections with
 * ERR_NETWORK_CHANGED whenever an interface of its machine comes or goes, and a switch of tiers creates and removes
 * several; a user's browser is on another machine.
 */
export async function makeOwnNetwork(): Promise<OwnNetwork> {
  const folder = mkdtempSync(join(tmpdir(), "scani-browser-"));
  const inside = [
    ...(asRoot ? [] : ["--map-root-user"]),
    "--net",
    "sh",
    "-c",
    `${setUp} && exec "$@"`,
    "sh",
    process.execPath,
    "-e",
    listen,
  ];
  const holder = spawn("unshare", inside, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [port, server] = await Promise.race([
    once(holder, "message") as Promise<[number, Server]>,
    once(holder, "exit").then(([code]) => Promise.reject(new Error(`unshare --net ended with exit code ${code}`))),
  ]);
  server.on("connection", (socket) => void forward(socket).catch(() => socket.destroy()));
  return {
    wrap(program) {
      const path = join(folder, "in-own-network");
      const enter = `nsenter --target ${holder.pid} ${asRoot ? "" : "--user --preserve-credentials "}--net`;
      writeFileSync(path, `#!/bin/sh\nexec ${enter} ${program} "$@"\n`);
      chmodSync(path, 0o755);
      return path;
    },
    proxy: `socks5://127.0.0.1:${port}`,
    close() {
      server.close();
      holder.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Serves one connection of SOCKS 5 (RFC 1928): no authentication, CONNECT only, to IPv4 addresses and names. */
async function forward(client: Socket): Promise<void> {
  client.on("error", () => client.destroy());
  const methods = await read(client, 2);
  await read(client, methods[1]);
  client.write(Uint8Array.of(5, 0));
  const request = await read(client, 4);
  const host =
    request[3] === 1
      ? [...(await read(client, 4))].join(".")
      : (await read(client, (await read(client, 1))[0])).toString();
  const target = connect({ host, port: (await read(client, 2)).readUInt16BE(), noDelay: true });
  target.on("error", () => client.destroy());
  client.on("close", () => target.destroy());
  await once(target, "connect");
  client.setNoDelay().write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
  client.pipe(target).pipe(client);
}

/** Reads exactly that many bytes. */
async function read(socket: Socket, bytes: number): Promise<Buffer> {
  for (;;) {
    const chunk = socket.read(bytes) as Buffer | null;
    if (chunk !== null) return chunk;
    await once(socket, "readable");
  }
}
