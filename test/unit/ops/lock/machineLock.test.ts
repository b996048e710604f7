import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LockTaken } from "../../../../host/lock/owner";
import { withMachineLock } from "../../../../ops/lock/machineLock";
import { folder } from "../../lab/setup/folder";

const one = folder();
const other = folder();
afterAll(() => [one, other].forEach((place) => place.remove()));
const place = (path = one.path) => ({ folder: path, environment: {} });
const quick = async () => "done";

/** Starts another process that works on tier1 until it is killed. */
async function worker() {
  const script = `require(${JSON.stringify(join(__dirname, "../../../../ops/lock/machineLock.js"))})
    .withMachineLock("up of tier1", "tier1", ${JSON.stringify(place())}, () => { console.log("in"); return new Promise(() => setInterval(() => {}, 1000)); })`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

test("while one works on an install, a second is refused at once and told who; after a SIGKILL the next one works", async () => {
  const child = await worker();
  try {
    for (const stack of ["tier1", "tier2", "base"]) {
      const began = Date.now();
      const refused = await withMachineLock(`up of ${stack}`, stack, place(), quick).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(LockTaken);
      expect((refused as LockTaken).owner).toMatchObject({ pid: child.pid, work: "up of tier1" });
      expect(Date.now() - began).toBeLessThan(900);
    }
    // Another install, in the same folder or another, is not locked.
    expect(await withMachineLock("up of prod-tier1", "prod-tier1", place(), quick)).toBe("done");
    expect(await withMachineLock("up of tier1", "tier1", place(other.path), quick)).toBe("done");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await withMachineLock("up of tier1", "tier1", place(), quick)).toBe("done");
  } finally {
    child.kill("SIGKILL");
  }
});

test("a suspended owner keeps its lock, and is named", async () => {
  const child = await worker();
  try {
    child.kill("SIGSTOP");
    await expect(withMachineLock("up of tier2", "tier2", place(), quick)).rejects.toThrow(`(process ${child.pid})`);
  } finally {
    child.kill("SIGKILL");
  }
});

test("what a killed owner wrote names nobody, and is in nobody's way", async () => {
  const child = await worker();
  child.kill("SIGKILL");
  await once(child, "exit");
  const left = readFileSync(join(one.path, ".working.base.json"), "utf8");
  await withMachineLock("up of tier1", "tier1", place(), async () => {
    // Restore the state of the moment between an owner's claim and its name.
    writeFileSync(join(one.path, ".working.base.json"), left);
    await expect(withMachineLock("up of tier2", "tier2", place(), quick)).rejects.toThrow(
      "a run whose owner is unknown",
    );
  });
  expect(existsSync(join(one.path, ".working.base.json"))).toBe(false);
});

test("one folder by two names is one", async () => {
  const link = join(other.path, "link");
  symlinkSync(one.path, link);
  await withMachineLock("up of tier1", "tier1", place(link), async () => {
    await expect(withMachineLock("up of tier2", "tier2", place(), quick)).rejects.toThrow(
      "being worked on: up of tier1",
    );
  });
});

test("of many that begin together exactly one works, and the others name it", async () => {
  let enough = (): void => undefined;
  const open = new Promise<void>((resolve) => {
    enough = resolve;
  });
  let inside = 0;
  const all = Array.from({ length: 10 }, (_, index) =>
    withMachineLock(`up ${index}`, "tier1", place(), async () => {
      inside += 1;
      await open;
      return index;
    }),
  );
  const refused = all.map((each) =>
    each.then(
      () => undefined,
      (error: LockTaken) => error.owner?.work,
    ),
  );
  const winner = Promise.any(all);
  // Nine are refused while one still works.
  const names = await new Promise<unknown[]>((resolve) => {
    const seen: unknown[] = [];
    for (const each of refused)
      void each.then((name) => {
        if (name !== undefined && seen.push(name) === 9) resolve(seen);
      });
  });
  enough();
  expect(inside).toBe(1);
  expect(new Set(names)).toEqual(new Set([`up ${await winner}`]));
});

test("work that fails lets go", async () => {
  await expect(
    withMachineLock("up", "tier1", place(), async () => {
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  expect(await withMachineLock("up", "tier1", place(), quick)).toBe("done");
});

test("a disk that takes no file is in nobody's way: the second is refused, and not told by whom", async () => {
  // Nobody, root neither, writes a file under the name of a folder, or removes it as one.
  mkdirSync(join(other.path, ".working.base.json"));
  const second = () => withMachineLock("up of tier2", "tier2", place(other.path), quick);
  const said = await withMachineLock("backup", "base", place(other.path), () =>
    second().catch((error: unknown) => error),
  );
  expect(said).toBeInstanceOf(LockTaken);
  expect((said as LockTaken).owner).toBeUndefined();
  expect(await second()).toBe("done");
});
