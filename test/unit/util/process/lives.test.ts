import { spawn } from "node:child_process";
import { once } from "node:events";
import { livesSince } from "../../../../util/process/lives";

test("this process lives", () => {
  expect(livesSince(process.pid, Date.now())).toBe(true);
});

test("a process that has ended does not, whenever it was", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  expect(livesSince(child.pid as number, Date.now())).toBe(false);
  expect(livesSince(child.pid as number, NaN)).toBe(false);
});

test("one that is alive at a moment that is not known counts as the one that was meant", () => {
  expect(livesSince(process.pid, NaN)).toBe(true);
});

const onLinux = process.platform === "linux" ? test : test.skip;

onLinux("a later process with the same number is not the one that was meant", () => {
  expect(livesSince(process.pid, Date.now() - process.uptime() * 1000 - 60_000)).toBe(false);
});

onLinux("one that runs the program that was meant is the same, also where the clock has been set since", async () => {
  const child = spawn("sleep", ["30"]);
  try {
    await once(child, "spawn");
    const hourAgo = Date.now() - 3_600_000;
    expect(livesSince(child.pid as number, hourAgo, "sleep")).toBe(true);
    expect(livesSince(child.pid as number, hourAgo, "pulumi")).toBe(false);
  } finally {
    child.kill("SIGKILL");
  }
});

onLinux("a process nobody has taken note of yet has ended all the same", async () => {
  // It ends once its parent is a program that waits for nobody, so the kernel keeps its pid: a shell would wait.
  const child = `until [ "$(cat /proc/$PPID/comm)" = sleep ]; do sleep 0.01; done`;
  const parent = spawn("sh", ["-c", 'sh -c "$1" & echo $!; exec sleep 30', "sh", child], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line);
    while (livesSince(pid, Date.now()))
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    expect(() => process.kill(pid, 0)).not.toThrow();
  } finally {
    parent.kill("SIGKILL");
  }
});
