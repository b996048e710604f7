import { describeFailures, type TestFile } from "../../../lab/testFailures";

const file = (over: Partial<TestFile>): TestFile => ({
  name: "/p/bin/test/e2e/a.test.js",
  message: "",
  assertionResults: [],
  ...over,
});
const ended = (status: string, message: string) => ({ fullName: "up tier2", status, failureMessages: [message] });

test("a failed test is named with both ends of its message", () => {
  const message = ["code: -2", ...Array.from({ length: 40 }, (_, line) => `line ${line}`), "    at f (a.ts:1:2)"];
  const lines = describeFailures(
    [file({ assertionResults: [ended("failed", message.join("\n")), ended("passed", "")] })],
    "/p/bin",
  );
  expect(lines[0]).toBe("FAILED test/e2e/a.test.js: up tier2");
  expect(lines.slice(1, 5)).toEqual(["  code: -2", "  line 0", "  line 1", "  ..."]);
  expect(lines.at(-1)).toBe("  line 39");
});

test("a short message stands whole, without colours and places in the code", () => {
  const message = "\u001b[31mexpected 1\u001b[39m\n\n    at Object.<anonymous> (/p/a.ts:10:3)\nwas 2";
  expect(describeFailures([file({ assertionResults: [ended("failed", message)] })], "/p/bin")).toEqual([
    "FAILED test/e2e/a.test.js: up tier2",
    "  expected 1",
    "  was 2",
  ]);
});

test("a file that could not run is named; one that passed is not", () => {
  const files = [file({ message: "Cannot find module x" }), file({ assertionResults: [ended("passed", "")] })];
  expect(describeFailures(files, "/p/bin")).toEqual([
    "FAILED test/e2e/a.test.js: the file itself",
    "  Cannot find module x",
  ]);
});
