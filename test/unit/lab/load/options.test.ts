import { startLoad } from "../../../../lab/load";
import { CountingServer, GET_AND_POST } from "./countingServer";

const options = { rate: 40, seconds: 0.5, requests: GET_AND_POST };

test.each([
  "http://example.com",
  "http://10.0.0.1:8080",
  "http://0.0.0.0:8080",
  "http://127.0.0.1.nip.io",
  "http://localhost.example.com",
  "http://127.0.0.1@example.com",
  "http://[::ffff:8.8.8.8]:8080",
])("%s is refused, because it is not this machine", async (url) => {
  await expect(startLoad({ ...options, url })).rejects.toThrow(/is no loopback address/);
});

test.each([
  ["https://127.0.0.1", /must be http/],
  ["http://127.0.0.1/base", /scheme, host and port only/],
  ["127.0.0.1:80", /url/],
])("%s is refused", async (url, why) => {
  await expect(startLoad({ ...options, url })).rejects.toThrow(why);
});

test("every mistake is named at once", async () => {
  const wrong = startLoad({ url: "x", rate: 0, seconds: -1, requests: [{ method: "GET", path: "x\r\ny: z" }] });
  await expect(wrong).rejects.toThrow(/url: .*; rate: .*; seconds: .*; requests\.0\.path: /);
});

test("a line break in a header is refused", async () => {
  const requests = [{ method: "GET" as const, path: "/", headers: { a: "b\r\nc: d" } }];
  await expect(startLoad({ ...options, url: "http://127.0.0.1:1", requests })).rejects.toThrow(/headers\.a/);
});

test.each(["127.0.0.1", "localhost", "127.1"])("%s is this machine", async (host) => {
  const server = await new CountingServer().listen();
  const report = await (await startLoad({ ...options, url: `http://${host}:${server.port}` })).done;
  await server.close();
  expect([report.sent, report.failed]).toEqual([server.seen, 0]);
  expect(report.sent).toBeGreaterThan(18);
});

test("a start without any response is an error that says why", async () => {
  const server = await new CountingServer().listen();
  await server.close();
  const began = Date.now();
  const start = startLoad({ ...options, seconds: 60, url: server.url, timeoutMs: 300 });
  await expect(start).rejects.toThrow(/no response from .* to \d+ requests: ECONNREFUSED/);
  expect(Date.now() - began).toBeLessThan(1500);
});
