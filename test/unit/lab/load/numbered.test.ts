import { startLoad } from "../../../../lab/load";
import { CountingServer } from "./countingServer";

test("a body's number is another in every request, and the length goes with it", async () => {
  const server = await new CountingServer().listen();
  try {
    const request = {
      method: "POST" as const,
      path: "/rows",
      body: '{"name":"row {{n}}, {{n}}"}',
      headers: { "content-type": "application/json" },
    };
    const report = await (await startLoad({ url: server.url, rate: 100, seconds: 0.5, requests: [request] })).done;
    expect(report.failed).toBe(0);
    const numbers = server.bodies.map((body) => /^\{"name":"row (\d+), \1"\}$/.exec(body)?.[1]);
    expect(new Set(numbers).size).toBe(report.sent);
    expect(numbers).not.toContain(undefined);
  } finally {
    await server.close();
  }
});
