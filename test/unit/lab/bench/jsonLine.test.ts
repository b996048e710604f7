import { jsonLine } from "../../../../lab/bench/report/jsonLine";
import { goodRun, goodRuns } from "./runs";

test("one line; every run has every figure, and the control's names begin with compose", () => {
  const line = jsonLine(goodRuns());
  expect(line).not.toContain("\n");
  const { runs } = JSON.parse(line) as { runs: Record<string, unknown>[] };
  const figures = ["name", "sent", "failed", "longestGapMs", "flipMs", "totalMs", "p99BeforeMs", "p99DuringMs"];
  for (const run of runs) expect(Object.keys(run)).toEqual(expect.arrayContaining(figures));
  expect(runs.filter(({ name }) => String(name).startsWith("compose")).map(({ flipMs }) => flipMs)).toEqual([
    null,
    null,
  ]);
});

test("times are rounded to a tenth; missing values are null", () => {
  expect(jsonLine([goodRun("x", { longestGapMs: 60.123456, p99DuringMs: null, slowResponse: "cut" })])).toBe(
    '{"runs":[{"name":"x","sent":5200,"failed":0,"longestGapMs":60.1,"flipMs":150,"totalMs":7500,"p99BeforeMs":6,"p99DuringMs":null,"files":{"stored":30,"opens":30,"missing":0,"jobs":{"sent":30,"once":30,"twice":0,"never":0}},"slowResponse":"cut"}]}',
  );
});
