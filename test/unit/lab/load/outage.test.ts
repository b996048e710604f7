import { type AddressInfo, createServer, type Server } from "node:net";
import { Worker } from "node:worker_threads";
import { startLoad } from "../../../../lab/load";
import { CountingServer, GET_AND_POST, ok, sleep } from "./countingServer";

let server: CountingServer;
const load = (more: object = {}) =>
  startLoad({ url: server.url, rate: 100, seconds: 30, requests: GET_AND_POST, ...more });

beforeEach(async () => {
  server = await new CountingServer().listen();
});
afterEach(() => server.close());

test("an interval of 502s is the longest gap, as the server has it, and every one of them is counted", async () => {
  const handle = await load();
  let bad = 0;
  await sleep(1000);
  server.answer = (_request, response) => {
    bad++;
    response.writeHead(502).end();
  };
  // A timer may fire a millisecond early.
  await sleep(810);
  server.answer = ok;
  await sleep(700);
  const report = await handle.stop();
  expect(report.failed).toBe(bad);
  expect(report.failures.length).toBe(bad);
  expect(report.longestGapMs).toBeGreaterThanOrEqual(799);
  expect(Math.abs(report.longestGapMs - server.longestGap())).toBeLessThan(30 + report.lagMs);
});

test("a gap counts at the start and at the end of the run", async () => {
  const start = await load({ rate: 50, seconds: 1, requests: [{ method: "GET", path: "/", expectStatus: [404] }] });
  expect((await start.done).longestGapMs).toBeGreaterThan(980); // nothing but unexpected 200s

  const end = await load();
  await sleep(500);
  server.answer = (_request, response) => void response.writeHead(500).end();
  await sleep(600);
  const began = server.succeeded.at(-1) ?? 0;
  const { longestGapMs, lagMs, endedAt } = await end.stop();
  expect(longestGapMs).toBeGreaterThan(590);
  expect(Math.abs(longestGapMs - (endedAt - began))).toBeLessThan(30 + lagMs);
});

test("a server that stalls is offered the same rate, and p99 tells when it stalled", async () => {
  const handle = await load();
  await sleep(1000);
  const stalled = handle.mark("stalled");
  const waiting: (() => void)[] = [];
  server.answer = (_request, response) => void waiting.push(() => response.end("late"));
  await sleep(1000);
  server.answer = ok;
  for (const answer of waiting) answer();
  const answered = handle.mark("answered");
  await sleep(700);
  const report = await handle.stop();
  const due = (answered - stalled) / 10;
  expect(Math.abs(waiting.length - due)).toBeLessThan(6 + report.lagMs / 10);
  expect(report.sent).toBe(server.seen);
  expect(report.failed).toBe(0);
  expect(report.longestGapMs).toBeGreaterThan(980);
  expect(Math.abs(report.longestGapMs - server.longestGap())).toBeLessThan(30 + report.lagMs);
  expect(report.p99(0, stalled)).toBeLessThan(500);
  expect(report.p99(stalled, answered + 200)).toBeGreaterThan(900);
  expect(report.p99(answered + 200, Infinity)).toBeLessThan(500);
  expect(report.marks).toEqual({ stalled, answered });
});

test("a server that refuses is offered the same rate, neither nothing nor thousands", async () => {
  const handle = await load();
  await sleep(1000);
  const closed = Date.now();
  await server.close();
  await sleep(1000);
  await server.listen();
  const due = (Date.now() - closed) / 10;
  await sleep(1000);
  const report = await handle.stop();
  expect(Math.abs(report.failed - due)).toBeLessThan(15 + report.lagMs / 10); // the rest: requests the close cut
  expect(report.sent - server.seen).toBeLessThanOrEqual(report.failed);
  expect(report.failures.some((f) => f.why === "ECONNREFUSED before a response")).toBe(true);
  expect(report.failures.filter((f) => f.connection === "keep-alive").length).toBeGreaterThan(15);
  expect(report.sent).toBeGreaterThan(((report.endedAt - report.startedAt) / 10) * 0.98);
  expect(report.sent).toBeLessThan(((report.endedAt - report.startedAt) / 10) * 1.02 + 2);
});

test("bytes nobody asked for, and bytes that are not HTTP, do not stop the load", async () => {
  let n = 0;
  let bad = 0;
  const body = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const raw: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => {
      n++;
      if (n > 20 && n % 10 === 0) bad++;
      if (n > 20 && n % 10 === 0) socket.write("SSH-2.0-nothing\r\n");
      else if (n % 10 === 5) socket.write(body + body);
      else {
        socket.write(body);
        if (n % 10 === 7) setTimeout(() => socket.write("HTTP/1.1 408 Request Timeout\r\n\r\n"), 3);
      }
    });
  });
  await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(raw.address() as AddressInfo).port}`;
  const report = await (await load({ url, seconds: 2, requests: [{ method: "GET", path: "/" }] })).done;
  raw.close();
  expect(report.sent).toBe(n);
  expect(report.failed).toBe(bad);
  expect(report.failures[0].why).toBe("bytes that are not HTTP before a response");
});

test("a busy caller does not disturb the load", async () => {
  const source = `const { createServer } = require('node:http'), { parentPort } = require('node:worker_threads')
    const server = createServer((q, r) => r.end('ok')).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`;
  const elsewhere = new Worker(source, { eval: true });
  const port = await new Promise<number>((resolve) => elsewhere.once("message", resolve));
  const handle = await load({ url: `http://127.0.0.1:${port}` });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  const report = await handle.stop();
  await elsewhere.terminate();
  expect(report.endedAt - report.startedAt).toBeGreaterThan(1500);
  expect(report.longestGapMs).toBeLessThan(1000);
  expect(report.sent).toBeGreaterThan(145);
});
