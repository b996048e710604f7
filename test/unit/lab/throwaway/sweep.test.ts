import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { foldersOf, installOf, isOwn, ownFolder, sweep } from "../../../../lab/throwaway";
import { stateUrl } from "../../../../lab/throwaway/state";
import { engineWith, item, type FakeItem } from "./engine";

/** A kind no other process uses. */
const kind = `swept${process.pid}`;

const paths: string[] = [];
const reported: string[] = [];
afterEach(() => {
  for (const path of paths.splice(0)) rmSync(path, { recursive: true, force: true });
  reported.splice(0);
});

/** Creates a throwaway's folder, whose owner has ended or is this process. */
function throwaway(owner: "ended" | "alive"): string {
  const folder = ownFolder(kind);
  paths.push(folder);
  if (owner === "ended") end(folder);
  return folder;
}

/** Changes the owner of a folder to a process that has ended. */
function end(folder: string): void {
  const file = join(folder, "owner.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), started: "1" }));
}

const sweepAll = (items = new Map<string, FakeItem>()) => sweep(engineWith(items), kind, (line) => reported.push(line));

test("what an ended process left is removed and reported; what a live one has is not", async () => {
  const [left, used] = [throwaway("ended"), throwaway("alive")];
  const items = new Map([
    ["a", item("network", installOf(left))],
    ["b", item("network", installOf(used))],
  ]);
  await sweepAll(items);
  expect([existsSync(left), existsSync(used), [...items.keys()]]).toEqual([false, true, ["b"]]);
  expect(reported).toEqual([`Removed what an interrupted run left: ${installOf(left)}`]);
});

test("an install the engine does not let go is reported and retried by the next sweep, and the others are removed", async () => {
  const [stuck, left] = [throwaway("ended"), throwaway("ended")];
  const items = new Map([["net", item("network", installOf(stuck), { hidden: ["nobody knows it"] })]]);
  await sweepAll(items);
  expect([existsSync(stuck), existsSync(left)]).toEqual([true, false]);
  expect(reported.find((line) => line.startsWith(installOf(stuck)))).toContain(
    "cannot be removed whole; the next run tries again: network net (",
  );
  items.clear();
  await sweepAll(items);
  expect(existsSync(stuck)).toBe(false);
});

test("an install of that name without the throwaway's label stays, and so does the folder", async () => {
  const left = throwaway("ended");
  const labels = { "scani.install": installOf(left) };
  const items = new Map([["postgres-data", item("volume", installOf(left), { labels })]]);
  await sweepAll(items);
  expect([items.size, existsSync(left)]).toEqual([1, true]);
  expect(reported).toEqual([expect.stringContaining("volume postgres-data (not labelled scani.throwaway)")]);
});

test("the name of a real install in a folder's record is ignored", async () => {
  const left = throwaway("ended");
  const record = JSON.parse(readFileSync(join(left, "owner.json"), "utf8")) as object;
  writeFileSync(join(left, "owner.json"), JSON.stringify({ ...record, install: "scani" }));
  // It is labelled, so that only the name can protect it.
  const items = new Map([["postgres-data", item("volume", "scani")]]);
  await sweepAll(items);
  expect([items.size, existsSync(left)]).toEqual([1, false]);
});

test("only folders are throwaways, by the names they are given: no link, no file, no other name", async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"));
  const real = throwaway("ended");
  const [link, file] = [join(tmpdir(), `scani-${kind}-linked`), join(tmpdir(), `scani-${kind}-a0file`)];
  const longer = join(tmpdir(), `scani-${kind}-longer-than-that`);
  paths.push(elsewhere, link, file, longer);
  writeFileSync(join(elsewhere, "precious"), "");
  writeFileSync(join(elsewhere, "owner.json"), readFileSync(join(real, "owner.json")));
  symlinkSync(elsewhere, link);
  writeFileSync(file, "");
  mkdirSync(longer);
  for (const path of [elsewhere, file, longer]) utimesSync(path, 1, 1);
  expect(foldersOf(kind)).toEqual([real]);
  await sweepAll();
  expect([existsSync(real), existsSync(join(elsewhere, "precious"))]).toEqual([false, true]);
  expect([link, file, longer].map((path) => existsSync(path))).toEqual([true, true, true]);
  expect(() => installOf(longer)).toThrow("is not a throwaway's folder");
});

test("a folder of another user, or one that others may write to, is not swept", async () => {
  const folder = throwaway("ended");
  const user = lstatSync(folder).uid;
  expect(isOwn(lstatSync(folder), user)).toBe(true);
  expect(isOwn(lstatSync(folder), user + 1)).toBe(false);
  chmodSync(folder, 0o777);
  expect(isOwn(lstatSync(folder), user)).toBe(false);
  await sweepAll();
  expect([existsSync(folder), reported]).toEqual([true, []]);
});

test("a folder whose owner is not recorded, or not whole, goes when it is old", async () => {
  const make = () => {
    const folder = mkdtempSync(join(tmpdir(), `scani-${kind}-`));
    paths.push(folder);
    return folder;
  };
  const [fresh, old, torn] = [make(), make(), make()];
  writeFileSync(join(torn, "owner.json"), '{"pid":');
  for (const folder of [old, torn]) utimesSync(folder, 1, 1);
  await sweepAll();
  expect([fresh, old, torn].map((folder) => existsSync(folder))).toEqual([true, false, false]);
});

test("two sweeps at once do not disturb each other", async () => {
  const left = Array.from({ length: 5 }, () => throwaway("ended"));
  await Promise.all([sweepAll(), sweepAll()]);
  expect(left.filter((folder) => existsSync(folder))).toEqual([]);
});

test("a folder that is gone by then is no failure", async () => {
  const within = mkdtempSync(join(tmpdir(), `scani-${kind}-`));
  rmSync(within, { recursive: true });
  await sweep(engineWith(new Map()), kind, (line) => reported.push(line), within);
  expect(reported).toEqual([]);
});

test("a process that works on with the state of a killed run is ended, and no other", async () => {
  const left = throwaway("ended");
  const start = (workDir: string): ChildProcess =>
    spawn("sleep", ["60"], { env: { ...process.env, PULUMI_BACKEND_URL: stateUrl(workDir) } });
  const [orphan, another] = [start(left), start(join(left, "..", basename(left).slice(0, -1)))];
  const ended = once(orphan, "exit");
  await sweepAll();
  expect(await ended).toEqual([null, "SIGKILL"]);
  expect(another.exitCode ?? another.signalCode).toBeNull();
  another.kill("SIGKILL");
});
