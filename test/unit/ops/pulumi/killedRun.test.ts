import type { Stack } from "@pulumi/pulumi/automation";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LockTaken, thisProcess } from "../../../../host/lock/owner";
import type { Context } from "../../../../ops/context";
import { pastKilledRun } from "../../../../ops/pulumi/killedRun";
import { FakeEngine } from "../../host/fakeEngine";
import { folder } from "../../lab/setup/folder";

const warning = "Attempting to deploy or update resources with 1 pending operations from previous deployment.";

let place: ReturnType<typeof folder>;
let lines: string[];
let stack: Stack;

/** Creates a Pulumi that exports a state with an operation a killed run had begun, and stores what is imported. */
beforeEach(() => {
  place = folder();
  lines = [];
  const command = join(place.path, "pulumi");
  const pending = [{ type: "updating", resource: { type: "docker:index/container:Container", inputs: { name: "x" } } }];
  const state = { version: 3, deployment: { resources: [], pending_operations: pending } };
  writeFileSync(join(place.path, "state.json"), JSON.stringify(state));
  writeFileSync(command, `#!/bin/sh\n[ "$2" = export ] && cat state.json || cp "$4" imported.json\n`);
  chmodSync(command, 0o755);
  const workspace = { pulumiCommand: { command }, workDir: place.path, envVars: { ...process.env } };
  stack = { name: "base", workspace } as unknown as Stack;
});

afterEach(() => place.remove());

describe("a container that a killed run created and no state knows", () => {
  let engine: FakeEngine;
  let lock: string;
  let live: boolean[];

  beforeEach(() => {
    const pending = [
      { type: "creating", resource: { type: "docker:index/container:Container", inputs: { name: "scani-redis" } } },
    ];
    place.file(
      "state.json",
      JSON.stringify({ version: 3, deployment: { resources: [], pending_operations: pending } }),
    );
    lock = "held free";
    live = [];
    let held = false;
    engine = new FakeEngine((_container, command) =>
      command.some((word) => word.includes("entrance.lock")) ? { output: lock } : { output: "" },
    );
    const hold = engine.hold.bind(engine);
    engine.hold = async (container, command) => {
      const conversation = await hold(container, command);
      held = conversation?.line.startsWith("held") ?? false;
      void conversation?.ended.then(() => (held = false));
      return conversation;
    };
    engine.watch = (call) => {
      if (call === "remove scani-redis") live.push(held);
    };
    engine.add({ name: "scani-gateway", state: "running" });
    engine.add({ name: "scani-redis", labels: { "scani.install": "scani" } });
  });

  const mending = (command: (context: Context) => Promise<string>) =>
    pastKilledRun(
      stack,
      {
        report: (line: string) => lines.push(line),
        project: { folder: place.path, environment: {} },
      } as unknown as Context,
      command,
      async () => engine,
    );
  const warned = () =>
    mending(async ({ report }) => {
      report(warning);
      return "done";
    });

  test("is removed while this run has the install's lock", async () => {
    expect(await warned()).toBe("done");
    expect(live).toEqual([true]);
    expect(lines.at(-1)).toBe("Removed orphaned resources: scani-redis");
    expect(existsSync(imported())).toBe(true);
  });

  test("stays while another run is at work, which may have made it since", async () => {
    lock = `taken ${JSON.stringify(thisProcess("restore"))}`;
    expect(await warned()).toBe("done");
    expect(lines.at(-1)).toMatch(/is cleared by the next run of it: This install is being worked on: restore/);
    const { error } = lockedBy(spawnSync(process.execPath, ["-e", ""]).pid);
    await expect(mending(() => Promise.reject(error))).rejects.toThrow("being worked on: restore");
    expect(engine.find("scani-redis")).toBeDefined();
    expect(existsSync(imported())).toBe(false);
  });
});

const imported = () => join(place.path, "imported.json");
const run = (command: (context: Context) => Promise<string>) =>
  pastKilledRun(
    stack,
    { report: (line: string) => lines.push(line), project: { environment: {} } } as unknown as Context,
    command,
  );

test("what a killed run left in the state is cleared, also where somebody has cleared its lock", async () => {
  expect(
    await run(async ({ report }) => {
      report(warning);
      return "done";
    }),
  ).toBe("done");
  const { deployment } = JSON.parse(readFileSync(imported(), "utf8")) as { deployment: object };
  expect(deployment).toEqual({ resources: [], pending_operations: [] });
  expect(lines).toEqual([
    warning,
    "A killed run left 1 pending operation in the state of base: cleared; this run has repeated it.",
  ]);
});

test("so is what a coloured warning says", async () => {
  await run(async ({ report }) => {
    report(`\u001b[38;5;11m${warning.replace("pending", "\u001b[1mpending")}\u001b[0m`);
    return "done";
  });
  expect(existsSync(imported())).toBe(true);
});

/** Creates a lock. @returns its file, and Pulumi's error about it as in a terminal */
function lockedBy(pid: number, host = hostname()): { readonly file: string; readonly error: Error } {
  const file = place.file("1d9e05d4.json", "{}");
  const created = `  ${pathToFileURL(file).href}: created by ada@${host} (pid ${pid}) at ${new Date().toISOString()}`;
  const said = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.\n${created}`;
  return { file, error: new Error(`code: 255\n stderr: \u001b[38;5;1m${said}\u001b[0m\n\n`) };
}

test("a lock that a live process holds is left alone, in colours too", async () => {
  const { file, error } = lockedBy(process.pid);
  const refusal = await run(() => Promise.reject(error)).catch((thrown: unknown) => thrown);
  expect(refusal).toBeInstanceOf(LockTaken);
  expect((refusal as Error).message).not.toContain("\u001b");
  expect(existsSync(file)).toBe(true);
  expect(existsSync(imported())).toBe(false);
  expect(lines).toEqual([]);
});

test("one of another host is left alone, and the refusal names what clears it", async () => {
  const { file, error } = lockedBy(process.pid, "old-name");
  await expect(run(() => Promise.reject(error))).rejects.toThrow(
    /old-name[^]*only once it is gone[^]*type: npm run pulumi -- cancel --stack base$/,
  );
  expect(existsSync(file)).toBe(true);
});

test("one that a killed process left is cleared, and the command run again", async () => {
  const child = spawnSync(process.execPath, ["-e", ""]);
  const { file, error } = lockedBy(child.pid);
  let calls = 0;
  expect(await run(async () => (calls++ === 0 ? Promise.reject(error) : "done"))).toBe("done");
  expect(existsSync(file)).toBe(false);
  expect(existsSync(imported())).toBe(true);
});

test("a command that fails leaves it to the next, and one without a warning asks nothing", async () => {
  await expect(
    run(async ({ report }) => {
      report(warning);
      throw new Error("failed");
    }),
  ).rejects.toThrow("failed");
  await run(async () => "done");
  expect(existsSync(imported())).toBe(false);
});
