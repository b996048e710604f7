import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runPulumi, setIn, stackToSet } from "../../../../ops/pulumi/run";
import { withStack } from "../../../../ops/pulumi/workspace";
import { setCommand } from "../../../../util/commands";
import { fakeProject } from "./fakePulumi";

const project = fakeProject();

const calls = (): string[] => readFileSync(join(project.path, "calls"), "utf8").trimEnd().split("\n");

/** Returns Pulumi's arguments in the printed command that sets a setting. */
const wordsOf = (stack: string): string[] =>
  setCommand("LOG_LEVEL", stack, { value: "warn" }).replace("npm run pulumi -- ", "").split(" ");

test("what a preview says to set can be set, though it leaves no stack behind", async () => {
  await withStack(project.context, "tier2", () => Promise.resolve(), { temporary: true });
  expect(project.isThere("tier2")).toBe(false);
  expect(await runPulumi(project.context, wordsOf("tier2"))).toBe(0);
  expect(project.isThere("tier2")).toBe(true);
  const settings = readFileSync(join(project.path, "Pulumi.tier2.yaml"), "utf8");
  expect(settings).toContain("encryptionsalt: ");
  expect(settings).toContain("scani:tier: tier2");
});

test("a stack that is there is not made again", async () => {
  for (let time = 0; time < 2; time += 1) expect(await runPulumi(project.context, wordsOf("tier2"))).toBe(0);
  expect(calls().filter((call) => call.startsWith("stack init"))).toHaveLength(1);
});

test("one whose settings are there and which is not, as on another machine, is made too", async () => {
  project.file("Pulumi.tier2.yaml", "encryptionsalt: v1:salt\nconfig:\n  scani:tier: tier2\n");
  expect(await runPulumi(project.context, wordsOf("tier2"))).toBe(0);
  expect(project.isThere("tier2")).toBe(true);
});

test.each(["break-config-set", "refuse-config-set"])("settings that Pulumi fails to change stay: %s", async (fault) => {
  const settings = "encryptionsalt: v1:salt\nconfig:\n  scani:tier: tier2\n";
  project.file("Pulumi.tier2.yaml", settings);
  project.file("stack-tier2", "");
  project.file(fault, "");
  expect(await runPulumi(project.context, wordsOf("tier2"))).toBe(255);
  expect(readFileSync(join(project.path, "Pulumi.tier2.yaml"), "utf8")).toBe(settings);
});

test("they are changed on a copy, whatever follows the end of the options", () => {
  const words = ["config", "set", "KEY", "--stack", "tier2", "--", "-1"];
  expect(setIn("/tmp/copy.yaml", words)).toEqual([
    ...["config", "set", "--config-file", "/tmp/copy.yaml"],
    ...["KEY", "--stack", "tier2", "--", "-1"],
  ]);
});

test("a stack that is none of this module's is left to Pulumi, and so is whatever changes no setting", async () => {
  expect(await runPulumi(project.context, ["config", "set", "LOG_LEVEL", "warn", "--stack", "other"])).toBe(255);
  expect(await runPulumi(project.context, ["config", "get", "LOG_LEVEL", "--stack", "tier2"])).toBe(255);
  expect(calls().join("\n")).not.toContain("init");
});

test.each([
  [["config", "set", "--secret", "KEY", "--stack", "tier2"], "tier2"],
  [["config", "set", "-s", "prod-base", "KEY", "--", "-1"], "prod-base"],
  [["config", "rm", "KEY", "--stack=tier1"], "tier1"],
  [["config", "set-all", "--plaintext", "KEY=1", "--stack", "tier1"], "tier1"],
  [["config", "remove", "KEY", "--stack", "tier1"], "tier1"],
  [["config", "delete-all", "KEY", "--stack", "tier1"], "tier1"],
  [["config", "set", "KEY", "1", "--stack", "tier1", "--config-file", "mine.yaml"], undefined],
  [["config", "set", "KEY", "1", "--stack", "tier1", "-C", "elsewhere"], undefined],
  [["config", "set", "KEY", "value"], undefined],
  [["config", "set", "KEY", "value", "--stack"], undefined],
  [["config", "set", "KEY", "--", "--stack", "tier2"], undefined],
  [["config", "--stack", "tier2"], undefined],
  [["stack", "rm", "--stack", "tier2"], undefined],
  [[], undefined],
])("of %j the settings that change are those of %j", (words, stack) => {
  expect(stackToSet(words)).toBe(stack);
});
