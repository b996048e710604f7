import { credentialsLost, deepProblem, parseDeepHealth } from "../../../../host/scani/deepHealth";

test.each(["", "not found", "[]", '{"ok":true}', '{"checks":'])("%j is no report", (output) => {
  expect(parseDeepHealth(output)).toBeUndefined();
});

test("what an api needs is named where it fails, and AI, which needs a key of the operator's own, is not", () => {
  const report = (checks: object) => parseDeepHealth(JSON.stringify({ checks })) ?? { checks: {}, degraded: [] };
  expect(deepProblem(report({ db: { ok: true }, ai: { ok: false, error: "no key" } }))).toBeUndefined();
  expect(deepProblem(report({ db: { ok: false }, r2: { ok: false, error: "no bucket" } }))).toBe(
    "the database: not ok; the storage of its data-provider: no bucket",
  );
});

test("only keys that were there before and are not now are lost", () => {
  const health = (...providers: string[]) => ({
    checks: {},
    degraded: providers.map((provider) => ({ provider, variable: provider.toUpperCase() })),
  });
  const lost = (...of: Parameters<typeof credentialsLost>) => credentialsLost(...of).map(({ provider }) => provider);
  expect(lost(health("a"), health("a", "b"))).toEqual(["b"]);
  expect(lost(health("a", "b"), health("a"))).toEqual([]);
  expect(lost(undefined, health("a"))).toEqual([]);
  expect(lost(health("a"), undefined)).toEqual([]);
});
