import { bootTarget, judgeCall, tierMistake } from "../../../infra/handover/verify";

const url = "https://data.example.org";

test.each([
  ['{"result":{"data":{"hasAvailableProvider":true}}}\n200', { ok: true, aiImport: true }],
  ['{"result":{"data":{"hasAvailableProvider":false}}}\n200', { ok: true, aiImport: false }],
])("a data-provider's answer: %s", (output, judged) => {
  expect(judgeCall(url, output)).toEqual(judged);
});

test.each([
  ['{"error":"wrong key"}\n401', /refuses this container's key \(401\).*wrong key/],
  ["curl: (6) Could not resolve host: data.example.org\n\n000", /cannot be reached from the api: curl: \(6\) Could not resolve host/],
  ["oops\n500", /answers 500: oops/],
  ["<html>hello</html>\n200", /no data-provider: <html>/],
  ["", /cannot be reached/],
])("what is no data-provider: %s", (output, message) => {
  expect(judgeCall(url, output)).toEqual({ ok: false, why: expect.stringMatching(message) });
});

test("the boot log of release 0.17.1 and the guide's", () => {
  expect(bootTarget('{"level":30,"scaniCloudUrl":"https://data.example.org","msg":"Starting"}')).toBe(url);
  expect(bootTarget("tier=tier2 cloudUrl=https://data.example.org")).toBe("tier2");
  expect(bootTarget("hello")).toBeUndefined();
});

test("each tier has its own address", () => {
  expect(tierMistake("tier1", "http://data-provider:8082")).toBeUndefined();
  expect(tierMistake("tier2", url)).toBeUndefined();
  expect(tierMistake("tier2", "http://data-provider:8082")).toContain("not this tier's");
  expect(tierMistake("tier1", url)).toContain("not this tier's");
  expect(tierMistake("tier1", "")).toContain("has no SCANI_CLOUD_URL");
});
