import { endOf, verdict } from "../../../../host/handover/soak";

test("a release that goes on well stays", () => {
  expect(verdict(undefined, {})).toBeUndefined();
  expect(verdict({}, {})).toBeUndefined();
});

test("a worker that went down is judged at once", () => {
  expect(verdict(undefined, { worker: "did not stay up (exit code 1)" })).toBe("did not stay up (exit code 1)");
  expect(verdict({}, { worker: "did not stay up (exit code 1)", api: "503" })).toBe("did not stay up (exit code 1)");
});

test.each(["api", "serving", "provider"] as const)(
  "one bad check of the %s may be chance, two in a row are not",
  (part) => {
    expect(verdict(undefined, { [part]: "503" })).toBeUndefined();
    expect(verdict({}, { [part]: "503" })).toBeUndefined();
    expect(verdict({ [part]: "503" }, {})).toBeUndefined();
    expect(verdict({ [part]: "503" }, { [part]: "503 again" })).toContain("503 again");
  },
);

test("two bad checks in a row are two, whatever was wrong at each", () => {
  expect(verdict({ api: "503" }, { provider: "it refuses the key (401)" })).toBe("it refuses the key (401)");
  expect(verdict({ provider: "it refuses the key (401)" }, { api: "503" })).toBe("the api is not ready any more: 503");
  expect(verdict({ api: "503" }, { serving: "nothing" })).toBe("what served was nothing");
});

test("a soak lasts from the flip on, and half of it from when the worker listens", () => {
  expect(endOf(1_000, 5, undefined)).toBeUndefined();
  expect(endOf(1_000, 5, 1_000)).toBe(6_000);
  expect(endOf(1_000, 5, 3_500)).toBe(6_000);
  expect(endOf(1_000, 5, 9_000)).toBe(11_500);
});
