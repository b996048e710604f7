import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../../../../ops/root";
import { exclusively } from "../../../../ops/pulumi/exclusively";
import { folder } from "../../lab/setup/folder";

const subject = `test ${process.pid}`;
const lock = join(root, "tools", "lock.cjs");

/** Starts another process that takes the lock, and keeps it until it is killed. */
async function owner(name: string): Promise<ChildProcess> {
  const script = `require(${JSON.stringify(lock)}).exclusively(${JSON.stringify(name)}, () => {}, () => { console.log("mine"); return new Promise(() => setInterval(() => {}, 1000)); })`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

test("work on one subject never overlaps, and its result comes back", async () => {
  let inside = 0;
  const work = (result: number) =>
    exclusively(
      `${subject} overlap`,
      () => undefined,
      async () => {
        inside += 1;
        const alone = inside === 1;
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        inside -= 1;
        return alone ? result : -1;
      },
    );
  expect(await Promise.all([work(1), work(2), work(3)])).toEqual([1, 2, 3]);
});

test("work on another subject does not wait", async () => {
  const child = await owner(`${subject} one`);
  try {
    expect(
      await exclusively(
        `${subject} two`,
        () => {
          throw new Error("waited");
        },
        async () => "done",
      ),
    ).toBe("done");
  } finally {
    child.kill("SIGKILL");
  }
});

test("a live owner is waited for, and said; a killed one leaves nothing behind", async () => {
  const child = await owner(`${subject} killed`);
  const events: string[] = [];
  await exclusively(
    `${subject} killed`,
    () => {
      events.push("waits");
      child.kill("SIGKILL");
    },
    async () => {
      events.push("works");
    },
  );
  expect(events).toEqual(["waits", "works"]);
});

test("work that fails gives the lock back", async () => {
  await expect(
    exclusively(
      `${subject} fails`,
      () => undefined,
      async () => {
        throw new Error("no");
      },
    ),
  ).rejects.toThrow("no");
  expect(
    await exclusively(
      `${subject} fails`,
      () => {
        throw new Error("waited");
      },
      async () => "done",
    ),
  ).toBe("done");
});

test("where there are no sockets without a file, a file that a killed owner left is no owner", async () => {
  const place = folder();
  try {
    // The same code as on another platform; its socket files are in the temporary folder.
    const script = (then: string) => `Object.defineProperty(process, "platform", { value: "darwin" });
      require(${JSON.stringify(lock)}).exclusively("left", () => console.log("waiting"), async () => { console.log("mine"); ${then} })`;
    const env = { ...process.env, TMPDIR: place.path };
    const first = spawn(process.execPath, ["-e", script("await new Promise(() => setInterval(() => {}, 1000));")], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(first.stdout, "data");
    first.kill("SIGKILL");
    await once(first, "exit");
    const second = spawn(process.execPath, ["-e", script("")], { env, stdio: ["ignore", "pipe", "inherit"] });
    const lines: string[] = [];
    second.stdout.on("data", (chunk: Buffer) => lines.push(...chunk.toString().trim().split("\n")));
    expect(await once(second, "close")).toEqual([0, null]);
    expect(lines.at(-1)).toBe("mine");
  } finally {
    place.remove();
  }
});
