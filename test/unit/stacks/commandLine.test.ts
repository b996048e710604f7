import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ancestors, partialOption, updateAmong, type CommandLine } from "../../../stacks/commandLine";

const process_ = (...words: string[]): CommandLine => ({ pid: 7, words });
const host = process_("/usr/local/bin/pulumi-language-nodejs", "127.0.0.1:1");

test.each([
  [["pulumi", "up"]],
  [["/opt/pulumi/bin/pulumi", "--color", "never", "up", "--yes", "--stack", "tier2"]],
  [["pulumi.exe", "-C", "elsewhere", "update"]],
])("%p is an update", (words) => {
  expect(updateAmong([host, process_(...words)])).toEqual(process_(...words));
});

test.each([
  [["pulumi", "preview", "--stack", "up"]],
  [["pulumi", "--stack", "tier2", "preview"]],
  [["pulumi", "destroy"]],
  [["pulumi", "refresh"]],
  [["node", "ops/cli.js", "up", "tier2"]],
  [["pulumi-upgrade", "up"]],
])("%p is none", (words) => {
  expect(updateAmong([host, process_(...words)])).toBeUndefined();
});

test("only the nearest Pulumi counts", () => {
  expect(updateAmong([host, process_("pulumi", "preview"), process_("sh"), process_("pulumi", "up")])).toBeUndefined();
  expect(updateAmong([])).toBeUndefined();
});

const urn = "urn:pulumi:tier2::scani::docker:index/container:Container::scani-tier2-api";

test.each([
  ["--target", ["pulumi", "up", "--stack", "tier2", "--target", urn]],
  ["--target", ["/opt/bin/pulumi", "--color", "never", "update", `--target=${urn}`]],
  ["--target-replace", ["pulumi", "up", "--target-replace", urn]],
  ["--exclude", ["pulumi", "up", `--exclude=${urn}`]],
  ["-t", ["pulumi", "preview", "-t", urn]],
  ["-t", ["pulumi", "pre", `-t${urn}`]],
  ["-t", ["pulumi", "up", "-yft", urn]],
  ["-x", ["pulumi", "preview", "-x", urn]],
])("%s leaves resources out in %p", (option, words) => {
  expect(partialOption([host, process_(...words)], {})).toBe(option);
});

test.each([
  [["pulumi", "up", "--yes", "--stack", "tier2"]],
  [["pulumi", "up", "-stier2", "-y", "--target-dependents", "--exclude-protected"]],
  [["pulumi", "up", "--replace", urn]],
  [["pulumi", "destroy", "--target", urn]],
  [["node", "ops/cli.js", "up", "--target", urn]],
])("nothing is left out in %p", (words) => {
  expect(partialOption([host, process_(...words)], {})).toBeUndefined();
});

test("Pulumi takes such an option from the environment too, whoever starts it", () => {
  expect(partialOption([], { PULUMI_OPTION_TARGET_REPLACE: urn })).toBe("PULUMI_OPTION_TARGET_REPLACE");
  expect(partialOption([host, process_("pulumi", "up")], { PULUMI_OPTION_EXCLUDE: urn })).toBe("PULUMI_OPTION_EXCLUDE");
  expect(partialOption([], { PULUMI_OPTION_TARGET: "", PULUMI_OPTION_REFRESH: "true" })).toBeUndefined();
});

test("a process's ancestors are told, nearest first", () => {
  const script = `console.log(JSON.stringify(require(${JSON.stringify(join(__dirname, "..", "..", "..", "stacks", "commandLine.js"))}).ancestors()))`;
  const told = JSON.parse(spawnSync(process.execPath, ["-e", script], { encoding: "utf8" }).stdout) as CommandLine[];
  expect(told[0]?.pid).toBe(process.pid);
  expect(told.slice(1)).toEqual(ancestors().slice(0, told.length - 1));
  expect(told.length).toBeGreaterThan(1);
});
