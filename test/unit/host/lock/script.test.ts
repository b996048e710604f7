import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { lookCommand, parseAnswer, takeCommand, type Answer } from "../../../../host/lock/script";
import { thisProcess } from "../../../../host/lock/owner";
import { folder } from "../../lab/setup/folder";

const owner = thisProcess("up of tier2");

test("answers are read, and nothing else is", () => {
  const json = JSON.stringify(owner);
  expect(parseAnswer("held free")).toEqual({ is: "held", other: "free" });
  expect(parseAnswer(`held taken ${json}`)).toEqual({ is: "held", other: owner });
  expect(parseAnswer("held taken ")).toEqual({ is: "held", other: undefined });
  expect(parseAnswer(`taken ${json}`)).toEqual({ is: "taken", by: owner });
  expect(parseAnswer("taken ")).toEqual({ is: "taken", by: undefined });
  expect(parseAnswer("free")).toEqual({ is: "free" });
  expect(parseAnswer("unsupported")).toEqual({ is: "unsupported" });
  expect(parseAnswer("sh: 3: cannot create /x: Permission denied")).toBeUndefined();
  expect(parseAnswer("")).toBeUndefined();
});

/** Tests that run the gateway's scripts on this machine, skipped without flock. */
const here = spawnSync("sh", ["-c", "command -v flock"]).status === 0 ? describe : describe.skip;

here("the script", () => {
  const place = folder();
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
    place.remove();
  });

  const local = (words: string[]) =>
    words.map((word) => (word.endsWith(".lock") ? join(place.path, word.slice(word.lastIndexOf("/") + 1)) : word));
  const run = (words: string[], environment: NodeJS.ProcessEnv = process.env): Answer | undefined => {
    const [program, ...rest] = local(words) as [string, ...string[]];
    return parseAnswer(spawnSync(program, rest, { encoding: "utf8", input: "", env: environment }).stdout.trim());
  };
  /** Takes a lock and keeps it. */
  const hold = async (words: string[], environment: NodeJS.ProcessEnv = process.env) => {
    const [program, ...rest] = local(words) as [string, ...string[]];
    const child = spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"], env: environment });
    children.push(child);
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    return { child, answer: parseAnswer(line.toString().trim()) };
  };

  test("is taken on a full disk too, which cannot write down who has it", () => {
    const full = takeCommand("run", owner).map((word) => (word.endsWith("entrance.lock") ? "/dev/full" : word));
    expect(run(full)).toEqual({ is: "held", other: "free" });
  });

  test("holds until its input ends, names its owner meanwhile, and is free at once after that", async () => {
    const { child, answer } = await hold(takeCommand("run", owner));
    expect(answer).toEqual({ is: "held", other: "free" });
    expect(run(takeCommand("run", thisProcess("another")))).toEqual({ is: "taken", by: owner });
    expect(run(lookCommand("run"))).toEqual({ is: "taken", by: owner });
    expect(run(lookCommand("apply"))).toEqual({ is: "free" });
    child.stdin?.end();
    await once(child, "close");
    expect(run(lookCommand("run"))).toEqual({ is: "free" });
    expect(readFileSync(join(place.path, "scani-entrance.lock"), "utf8")).toBe("");
  });

  test("is free where nothing has come for too long, though its input is still open", async () => {
    const { child } = await hold(takeCommand("run", owner, 0.2));
    await once(child, "close");
    expect(child.stdin?.writableEnded).toBe(false);
    expect(run(lookCommand("run"))).toEqual({ is: "free" });
  });

  test("holds for as long as a word comes now and then", async () => {
    const lease = 2;
    const { child } = await hold(takeCommand("run", owner, lease));
    const began = performance.now();
    const words = setInterval(() => child.stdin?.write("."), lease * 100);
    try {
      while (performance.now() - began < lease * 1500) {
        expect(run(lookCommand("run"))).toEqual({ is: "taken", by: owner });
        await pause(lease * 200);
      }
    } finally {
      clearInterval(words);
    }
    await once(child, "close");
    expect(performance.now() - began).toBeGreaterThan(lease * 2000);
    expect(run(lookCommand("run"))).toEqual({ is: "free" });
  });

  test("says who has the other lock", async () => {
    const { child } = await hold(takeCommand("apply", owner));
    expect(run(takeCommand("run", thisProcess("another")))).toEqual({ is: "held", other: owner });
    child.stdin?.end();
    await once(child, "close");
  });

  test("who looks keeps nobody out", async () => {
    const looks = Array.from({ length: 20 }, () => hold(lookCommand("run")));
    const { child, answer } = await hold(takeCommand("run", owner));
    expect(answer).toMatchObject({ is: "held" });
    await Promise.all(looks);
    child.stdin?.end();
    await once(child, "close");
  });

  test("without timeout it waits for the end of its input alone", async () => {
    const without = folder();
    try {
      for (const name of ["sh", "flock", "head", "cat", "echo", "sleep"])
        symlinkSync(
          spawnSync("sh", ["-c", `command -v /bin/${name} || command -v ${name}`], { encoding: "utf8" }).stdout.trim(),
          join(without.path, name),
        );
      const { child } = await hold(takeCommand("run", owner, 0.1), { PATH: without.path });
      await pause(500);
      expect(run(lookCommand("run"))).toEqual({ is: "taken", by: owner });
      child.stdin?.end();
      await once(child, "close");
    } finally {
      without.remove();
    }
  });

  test("without flock it says so", () => {
    const without = folder();
    try {
      const shell = spawnSync("sh", ["-c", "command -v sh"], { encoding: "utf8" }).stdout.trim();
      const [, ...rest] = local(takeCommand("run", owner)) as [string, ...string[]];
      expect(spawnSync(shell, rest, { encoding: "utf8", env: { PATH: without.path } }).stdout.trim()).toBe(
        "unsupported",
      );
    } finally {
      without.remove();
    }
  });
});
