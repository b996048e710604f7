import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** Sends one PING on a separate connection, after AUTH if the URL has a password. Rejects with the reason. */
export async function pingRedis(redisUrl: string, timeoutMs = 2000): Promise<void> {
  const url = new URL(redisUrl);
  const socket = open(url);
  try {
    const replies = await exchange(socket, [...authentication(url), ["PING"]], timeoutMs);
    const refusal = replies.find((reply) => reply.startsWith("-"));
    if (refusal) throw new Error(refusal.slice(1));
    if (replies.at(-1) !== "+PONG") throw new Error(`unexpected reply ${replies.at(-1)}`);
  } finally {
    socket.destroy();
  }
}

function open(url: URL): Socket {
  const target = { host: url.hostname, port: Number(url.port || 6379) };
  return url.protocol === "rediss:" ? connectTls({ ...target, servername: target.host }) : connectTcp(target);
}

/** Returns the AUTH command that must come first if the URL has a password; nothing otherwise. */
function authentication(url: URL): string[][] {
  if (!url.password) return [];
  return [["AUTH", ...(url.username ? [decodeURIComponent(url.username)] : []), decodeURIComponent(url.password)]];
}

/** Counters in Redis, over one connection that is reopened when it is lost. */
export class RedisCounters {
  private socket: Socket | undefined;
  private waiting: ((reply: string) => void)[] = [];

  constructor(
    private readonly redisUrl: string,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Adds one and returns the new count. The first call for a key sets when it expires. Rejects when no answer comes in
   * time.
   */
  async add(name: string, seconds: number): Promise<number> {
    const socket = (this.socket ??= this.connect());
    const count = this.send(socket, ["INCR", name]);
    void this.send(socket, ["EXPIRE", name, String(seconds), "NX"]);
    const reply = await Promise.race([
      count,
      new Promise<string>((resolve) => setTimeout(() => resolve(""), this.timeoutMs).unref()),
    ]);
    if (reply.startsWith(":")) return Number(reply.slice(1));
    // A late answer would be taken for that of the next command, so drop the connection.
    this.lose(socket);
    throw new Error(reply || `Redis did not answer in ${this.timeoutMs} ms`);
  }

  close(): void {
    this.socket?.destroy();
  }

  private send(socket: Socket, words: string[]): Promise<string> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      socket.write(encode(words));
    });
  }

  private connect(): Socket {
    const url = new URL(this.redisUrl);
    const socket = open(url);
    let received = "";
    socket.on("data", (chunk) => {
      const lines = (received + chunk.toString()).split("\r\n");
      received = lines.pop() ?? "";
      for (const line of lines) this.waiting.shift()?.(line);
    });
    socket.on("error", () => this.lose(socket));
    socket.on("close", () => this.lose(socket));
    for (const words of authentication(url)) void this.send(socket, words);
    return socket;
  }

  private lose(socket: Socket): void {
    socket.destroy();
    if (this.socket !== socket) return;
    this.socket = undefined;
    for (const resolve of this.waiting.splice(0)) resolve("");
  }
}

/** Sends commands and returns their replies; all replies used here are one line each, so counting lines is enough. */
function exchange(socket: Socket, commands: string[][], timeoutMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let received = "";
    socket.setTimeout(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("connection closed")));
    socket.on("data", (chunk) => {
      received += chunk.toString();
      const lines = received.split("\r\n").slice(0, -1);
      if (lines.length >= commands.length || lines.some((line) => line.startsWith("-"))) resolve(lines);
    });
    socket.write(commands.map(encode).join(""));
  });
}

const encode = (words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
