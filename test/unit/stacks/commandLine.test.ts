import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ancestors, updateAmong, type CommandLine } from "../../../stacks/commandLine";

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

test("a process's ancestors are told, nearest first", () => {
  const script = `console.log(JSON.stringify(require(${JSON.stringify(join(__dirname, "..", "..", "..", "stacks", "commandLine.js"))}).ancestors()))`;
  const told = JSON.parse(spawnSync(process.execPath, ["-e", script], { encoding: "utf8" }).stdout) as CommandLine[];
  expect(told[0]?.pid).toBe(process.pid);
  expect(told.slice(1)).toEqual(ancestors().slice(0, told.length - 1));
  expect(told.length).toBeGreaterThan(1);
});
