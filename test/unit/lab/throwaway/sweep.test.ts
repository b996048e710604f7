import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { sweep } from "../../../../lab/throwaway";
import { own } from "../../../../lab/throwaway/owner";
import { stateUrl } from "../../../../lab/throwaway/state";
import { engineWith, type FakeNetwork } from "./engine";

/** A kind that nobody else has. */
const kind = `swept${process.pid}`;

const folders: string[] = [];
const said: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  said.splice(0);
});

/** A throwaway's folder, whose owner has ended or is this process. */
function throwaway(install: string, owner: "ended" | "alive"): string {
  const folder = mkdtempSync(join(tmpdir(), `scani-${kind}-`));
  folders.push(folder);
  own(folder, install);
  if (owner === "ended") {
    const file = join(folder, "owner.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), started: "1" }));
  }
  return folder;
}

const sweepAll = (networks = new Map<string, FakeNetwork>()) =>
  sweep(engineWith(networks), kind, (line) => said.push(line));

test("what an ended process left is removed and told; what a live one has is not", async () => {
  const [left, used] = [throwaway("left", "ended"), throwaway("used", "alive")];
  const networks = new Map<string, FakeNetwork>([
    ["a", { install: "left", connected: [], hidden: [] }],
    ["b", { install: "used", connected: [], hidden: [] }],
  ]);
  await sweepAll(networks);
  expect([existsSync(left), existsSync(used), [...networks.keys()]]).toEqual([false, true, ["b"]]);
  expect(said).toEqual(["Removed what an interrupted run left: left"]);
});

test("what the engine keeps is told and tried again the next time, and the others are removed", async () => {
  const [stuck, left] = [throwaway("stuck", "ended"), throwaway("left", "ended")];
  const networks = new Map<string, FakeNetwork>([
    ["net", { install: "stuck", connected: [], hidden: ["nobody knows it"] }],
  ]);
  await sweepAll(networks);
  expect([existsSync(stuck), existsSync(left)]).toEqual([true, false]);
  expect(said.find((line) => line.startsWith("stuck"))).toContain(
    "cannot be removed whole; the next run tries again: network net (",
  );
  networks.clear();
  await sweepAll(networks);
  expect(existsSync(stuck)).toBe(false);
});

test("a folder whose owner is not noted, or not whole, goes when it is old", async () => {
  const make = () => {
    const folder = mkdtempSync(join(tmpdir(), `scani-${kind}-`));
    folders.push(folder);
    return folder;
  };
  const [fresh, old, torn] = [make(), make(), make()];
  writeFileSync(join(torn, "owner.json"), '{"pid":');
  for (const folder of [old, torn]) utimesSync(folder, 1, 1);
  await sweepAll();
  expect([fresh, old, torn].map((folder) => existsSync(folder))).toEqual([true, false, false]);
});

test("two sweeps at once are no trouble to each other", async () => {
  const left = Array.from({ length: 5 }, (_unused, index) => throwaway(`left${index}`, "ended"));
  await Promise.all([sweepAll(), sweepAll()]);
  expect(left.filter((folder) => existsSync(folder))).toEqual([]);
});

test("what is swept may be gone by then", async () => {
  const within = mkdtempSync(join(tmpdir(), `scani-${kind}-`));
  rmSync(within, { recursive: true });
  await sweep(engineWith(new Map()), kind, (line) => said.push(line), within);
  expect(said).toEqual([]);
});

test("a process that works on with the state of a killed run is ended, and no other", async () => {
  const left = throwaway("left", "ended");
  const start = (workDir: string): ChildProcess =>
    spawn("sleep", ["60"], { env: { ...process.env, PULUMI_BACKEND_URL: stateUrl(workDir) } });
  const [orphan, another] = [start(left), start(join(left, "..", basename(left).slice(0, -1)))];
  const ended = once(orphan, "exit");
  await sweepAll();
  expect(await ended).toEqual([null, "SIGKILL"]);
  expect(another.exitCode ?? another.signalCode).toBeNull();
  another.kill("SIGKILL");
});
