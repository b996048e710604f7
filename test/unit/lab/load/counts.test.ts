import { startLoad } from "../../../../lab/load";
import { type Answer, CountingServer, GET_AND_POST, ok, sleep } from "./countingServer";

let server: CountingServer;
const load = (more: object = {}) =>
  startLoad({ url: server.url, rate: 100, seconds: 30, requests: GET_AND_POST, ...more });
const every =
  (n: number, bad: Answer): Answer =>
  (request, response, i) =>
    i > 20 && i % n === 0 ? bad(request, response, i) : ok(request, response, i);

beforeEach(async () => {
  server = await new CountingServer().listen();
});
afterEach(() => server.close());

test("a healthy server: sent is what it saw, by method, at the rate, and nothing failed", async () => {
  const report = await (await load({ seconds: 2 })).done;
  expect(report.sent).toBe(server.seen);
  expect(report.sent).toBeGreaterThanOrEqual(200);
  expect(report.sent).toBeLessThanOrEqual(201);
  expect(report.failed).toBe(0);
  const { "keep-alive": kept, fresh } = report.byKind;
  expect(kept.GET.sent + fresh.GET.sent).toBe(server.byMethod.GET);
  expect(kept.POST.sent + fresh.POST.sent).toBe(server.byMethod.POST);
  for (const count of [kept.GET, kept.POST, fresh.GET, fresh.POST]) expect(count.sent).toBeGreaterThanOrEqual(49);
  expect(server.bodies).toEqual(Array(server.byMethod.POST).fill('{"a":1}'));
});

test("fresh requests each had a connection of their own, kept ones shared ten", async () => {
  const report = await (await load({ seconds: 2 })).done;
  const perSocket = [...server.perSocket.values()];
  expect(perSocket.filter((n) => n === 1).length).toBe(report.byKind.fresh.GET.sent + report.byKind.fresh.POST.sent);
  expect(perSocket.filter((n) => n > 1).length).toBe(10);
  expect(perSocket.filter((n) => n === 0)).toEqual([]);
});

test("requests arrive evenly, not in a burst each second", async () => {
  await (
    await load({ seconds: 2 })
  ).done;
  const tenthsWithAny = new Set(server.arrivals.map((at) => Math.floor(at / 100)));
  expect(tenthsWithAny.size).toBeGreaterThan(12); // of 20; bursts leave 3, and a busy machine costs a few
});

test("a 502 is failed and named", async () => {
  let bad = 0;
  server.answer = every(7, (_request, response) => {
    bad++;
    response.writeHead(502).end("bad gateway");
  });
  const report = await (await load({ seconds: 1.2 })).done;
  expect(bad).toBeGreaterThan(10);
  expect(report.failed).toBe(bad);
  expect(report.sent).toBe(server.seen);
  expect(new Set(report.failures.map((f) => f.why))).toEqual(new Set(["status 502"]));
});

test("a connection dropped without an answer is failed, once, on both kinds", async () => {
  let bad = 0;
  server.answer = every(7, (request) => {
    bad++;
    request.socket.destroy();
  });
  const report = await (await load({ seconds: 1.2 })).done;
  expect(report.failed).toBe(bad);
  expect(report.sent).toBe(server.seen);
  expect(new Set(report.failures.map((f) => f.connection))).toEqual(new Set(["keep-alive", "fresh"]));
  for (const { why } of report.failures) expect(why).toMatch(/^(connection closed|ECONNRESET) before a response$/);
});

test.each([
  ["of known length", "Content-Length: 10\r\n\r\nabc"],
  ["in chunks", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"],
  ["without a length", "\r\nabc"],
  ["cut in the head", "Content-Le"],
])("a response %s that is cut short is failed, and spoils no other", async (_name, rest) => {
  const where = rest.includes("\r\n") ? "in the middle of the response" : "before a response";
  let bad = 0;
  server.answer = every(7, ({ socket }) => {
    bad++;
    socket.write(`HTTP/1.1 200 OK\r\n${rest}`);
    setTimeout(() => socket.end(), 5);
  });
  const report = await (await load({ seconds: 1.2 })).done;
  expect(bad).toBeGreaterThan(10);
  expect(report.failed).toBe(bad);
  expect(report.sent).toBe(server.seen);
  for (const { why } of report.failures) expect(why).toBe(`connection closed ${where}`);
});

test("requests never answered are failed after the timeout, and those in flight at the stop are awaited", async () => {
  let silent = 0;
  server.answer = every(5, () => void silent++);
  const handle = await load({ timeoutMs: 800 });
  await sleep(1500);
  const stopped = Date.now();
  const report = await handle.stop();
  expect(report.failed).toBe(silent);
  expect(report.sent).toBe(server.seen);
  expect(report.failures[0].why).toBe("no whole response in 800 ms before a response");
  expect(report.endedAt - stopped).toBeGreaterThan(400);
  expect(report.endedAt - stopped).toBeLessThan(1100);
});

test("slow requests in flight at the stop are awaited and are no failures", async () => {
  const handle = await load();
  server.answer = (_request, response) => void setTimeout(() => response.end("late"), 700);
  await sleep(500);
  const report = await handle.stop();
  expect(report.sent).toBe(server.seen);
  expect(report.failed).toBe(0);
});

test("a connection whose close was announced is not reused while it is still open", async () => {
  server.answer = ({ socket }) =>
    void socket.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  const report = await (await load({ seconds: 1 })).done;
  expect(report.failed).toBe(0);
  expect(new Set(server.perSocket.values())).toEqual(new Set([1]));
});

test("an announced close of a kept connection is no failure", async () => {
  server.answer = (_request, response) => void response.writeHead(200, { connection: "close" }).end("bye");
  const report = await (await load({ seconds: 1.2 })).done;
  expect(report.sent).toBe(server.seen);
  expect(report.failed).toBe(0);
  expect(server.perSocket.size).toBe(server.seen);
});

test("expectStatus says what a success is", async () => {
  server.answer = (_request, response) => void response.writeHead(401).end();
  const handle = await load({
    seconds: 1,
    requests: [
      { method: "GET", path: "/", expectStatus: [401] },
      { method: "POST", path: "/", expectStatus: [200] },
    ],
  });
  const { byKind } = await handle.done;
  expect(byKind.fresh.GET.failed + byKind["keep-alive"].GET.failed).toBe(0);
  expect(byKind.fresh.POST.failed + byKind["keep-alive"].POST.failed).toBe(server.byMethod.POST);
});
