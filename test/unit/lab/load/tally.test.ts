import { toReport } from "../../../../lab/load/report";
import { Tally } from "../../../../lab/load/tally";

const get = { method: "GET" as const, path: "/" };
const answer = (latencyMs: number, status = 200) => ({ status, latencyMs });

test("p99 is the nearest rank among the successes of the window, its end excluded", () => {
  const tally = new Tally(0);
  for (let i = 1; i <= 200; i++) tally.record("fresh", get, answer(201 - i), i);
  tally.record("fresh", get, answer(5000, 502), 200.5);
  const report = toReport(tally.totals(300, 0), {});
  expect(report.p99(1, 101)).toBe(199); // latencies 101 to 200: rank 99 of 100
  expect(report.p99(0, 300)).toBe(198); // rank 198 of 200; the 502 is no success
  expect(report.p99(200, 300)).toBe(1);
  expect(report.p99(300, 400)).toBeNaN();
});

test("the longest gap is between successes; failures do not end it", () => {
  const tally = new Tally(1000);
  tally.record("fresh", get, answer(1), 1010);
  tally.record("fresh", get, answer(1, 502), 1050);
  tally.record("keep-alive", get, { fault: "ECONNREFUSED" }, 1080);
  tally.record("fresh", get, answer(1), 1100);
  tally.stopped(1120);
  const totals = tally.totals(1130, 0);
  expect(totals.longestGapMs).toBe(90);
  expect([totals.sent, totals.failed]).toEqual([4, 2]);
  expect(totals.byKind["keep-alive"].GET).toEqual({ sent: 1, failed: 1 });
});

test("a gap under way at the stop counts whole, one that begins after it does not", () => {
  const underWay = new Tally(0);
  underWay.record("fresh", get, answer(1), 10);
  underWay.stopped(20);
  underWay.record("fresh", get, answer(90), 100);
  expect(underWay.totals(100, 0).longestGapMs).toBe(90);

  const after = new Tally(0);
  after.record("fresh", get, answer(1), 10);
  after.stopped(20);
  after.record("fresh", get, answer(10), 30);
  after.record("fresh", get, { fault: "no whole response" }, 900);
  expect(after.totals(900, 0).longestGapMs).toBe(20);
});
