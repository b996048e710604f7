import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thisProcess } from "../../../infra/lock/owner";
import { anotherUp, runOf } from "../../../stacks/anotherUp";
import type { CommandLine } from "../../../stacks/commandLine";

let folder: string;
let rival: ChildProcess;

beforeAll(() => { rival = spawn("sleep", ["60"]); });
afterAll(() => { rival.kill(); });
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "another-")); });
afterEach(() => rmSync(folder, { recursive: true }));

const words = (stack: string, ...more: string[]) => ["node", "run", "--project", "scani", "--root-directory", folder, "--stack", stack, ...more, "."];
const under = (...command: string[]): CommandLine[] => [{ pid: 4, words: ["/bin/pulumi-language-nodejs"] }, { pid: process.ppid, words: ["pulumi", ...command] }];
const file = (kind: string, base = "base") => join(folder, `.${kind}.${base}.json`);
const leave = (kind: string, pid: number | undefined) => writeFileSync(file(kind), JSON.stringify({ ...thisProcess("up of tier1"), pid }));

test("a program's words say of which run it is", () => {
  expect(runOf(words("tier2", "--dry-run"))).toEqual({ folder, stack: "tier2", dry: true });
  expect(runOf(words("tier2"))).toEqual({ folder, stack: "tier2", dry: false });
  expect(runOf(["node", "jest", "--ci"])).toBeUndefined();
});

test("the first leaves word of its Pulumi, by base, and its end takes it away", () => {
  const script = `
    const { anotherUp } = require(${JSON.stringify(join(__dirname, "..", "..", "..", "stacks", "anotherUp.js"))});
    console.log(JSON.stringify([anotherUp(${JSON.stringify(words("prod-tier2", "--dry-run"))}, ${JSON.stringify(under("up"))}) ?? null, require("node:fs").readFileSync(${JSON.stringify(file("entering", "prod-base"))}, "utf8")]))`;
  const [other, word] = JSON.parse(spawnSync(process.execPath, ["-e", script], { encoding: "utf8" }).stdout) as [unknown, string];
  expect(other).toBeNull();
  expect(JSON.parse(word)).toMatchObject({ pid: process.ppid, work: "up of prod-tier2" });
  expect(existsSync(file("entering", "prod-base"))).toBe(false);
});

test.each(["working", "entering"])("who is %s is named to who begins, and keeps its word", (kind) => {
  leave(kind, rival.pid);
  expect(anotherUp(words("tier2", "--dry-run"), under("up", "--yes"))).toMatchObject({ pid: rival.pid, work: "up of tier1" });
  expect(JSON.parse(readFileSync(file(kind), "utf8"))).toMatchObject({ pid: rival.pid });
});

test("the word of one that is gone is nobody's", () => {
  leave("entering", 2 ** 22 + 1);
  expect(anotherUp(words("tier2", "--dry-run"), under("up"))).toBeUndefined();
  expect(JSON.parse(readFileSync(file("entering"), "utf8"))).toMatchObject({ pid: process.ppid, work: "up of tier2" });
});

test("an update that has begun is not refused by a word", () => {
  leave("entering", rival.pid);
  expect(anotherUp(words("tier2"), under("up"))).toBeUndefined();
  expect(JSON.parse(readFileSync(file("entering"), "utf8"))).toMatchObject({ pid: rival.pid });
});

test.each([["a preview", under("preview")], ["no Pulumi at all", []]])("%s neither asks nor leaves word", (_what, lineage) => {
  leave("entering", rival.pid);
  expect(anotherUp(words("tier2", "--dry-run"), lineage)).toBeUndefined();
  rmSync(file("entering"));
  expect(anotherUp(words("tier2", "--dry-run"), lineage)).toBeUndefined();
  expect(existsSync(file("entering"))).toBe(false);
});

test("a folder nobody may write to has no words", () => {
  expect(anotherUp(["--root-directory", join(folder, "gone"), "--stack", "tier2", "--dry-run"], under("up"))).toBeUndefined();
});
