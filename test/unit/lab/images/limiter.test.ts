import type { IncomingMessage } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Limiter } from "../../../../lab/images/services/lib/limiter";
import { RedisCounters } from "../../../../lab/images/services/lib/redis";

/** A Redis that only counts. */
let redis: Server;
let counters: RedisCounters;
const counts = new Map<string, number>();
const open = new Set<Socket>();

beforeAll(async () => {
  redis = createServer((socket) => {
    open.add(socket);
    // A client that gave up waiting has closed it.
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      const words = chunk
        .toString()
        .split("\r\n")
        .filter((word) => !/^[*$]/.test(word));
      for (const [at, word] of words.entries()) {
        if (word === "INCR") {
          const name = words[at + 1];
          counts.set(name, (counts.get(name) ?? 0) + 1);
          socket.write(`:${counts.get(name)}\r\n`);
        }
        if (word === "EXPIRE") socket.write(":1\r\n");
      }
    });
  });
  await new Promise<void>((resolve) => redis.listen(0, "127.0.0.1", resolve));
  counters = new RedisCounters(`redis://127.0.0.1:${(redis.address() as AddressInfo).port}`, 5_000);
});
afterAll(() => {
  counters.close();
  redis.close();
});

const from = (headers: Record<string, string>) => ({ headers, method: "GET" }) as unknown as IncomingMessage;

test("an address may ask so often in a window, and another one all the same", async () => {
  const limiter = new Limiter(counters, "test", 2, 3600);
  const asked = async (headers: Record<string, string>) => (await limiter.take(from(headers))) === undefined;
  expect([
    await asked({ "cf-connecting-ip": "10.0.0.1" }),
    await asked({ "cf-connecting-ip": "10.0.0.1" }),
    await asked({ "cf-connecting-ip": "10.0.0.1" }),
  ]).toEqual([true, true, false]);
  expect(await asked({ "cf-connecting-ip": "10.0.0.2" })).toBe(true);
  // Only the last forwarded address counts, which the nearest proxy wrote.
  expect([
    await asked({ "x-forwarded-for": "1.1.1.1, 10.0.0.3" }),
    await asked({ "x-forwarded-for": "2.2.2.2, 10.0.0.3" }),
    await asked({ "x-forwarded-for": "3.3.3.3, 10.0.0.3" }),
  ]).toEqual([true, true, false]);
});

test("two limiters of one name count together, as the apis of two releases do", async () => {
  const [one, other] = [new Limiter(counters, "shared", 1, 3600), new Limiter(counters, "shared", 1, 3600)];
  expect(await one.take(from({ "x-real-ip": "10.0.0.4" }))).toBeUndefined();
  expect(await other.take(from({ "x-real-ip": "10.0.0.4" }))).toBeGreaterThan(0);
});

test("where Redis is away it is counted here", async () => {
  const away = new RedisCounters("redis://127.0.0.1:1", 250);
  const limiter = new Limiter(away, "away", 1, 3600);
  expect(await limiter.take(from({ "x-real-ip": "10.0.0.5" }))).toBeUndefined();
  expect(await limiter.take(from({ "x-real-ip": "10.0.0.5" }))).toBeGreaterThan(0);
  away.close();
});

test("a connection that was lost is opened again", async () => {
  expect(await counters.add("again", 60)).toBe(1);
  for (const socket of open) socket.destroy();
  await counters.add("again", 60).catch(() => undefined);
  expect(await counters.add("again", 60)).toBeGreaterThan(1);
});
