import type { Stack } from "@pulumi/pulumi/automation";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../../../ops/context";
import { pastKilledRun } from "../../../../ops/pulumi/killedRun";
import { folder } from "../../lab/setup/folder";

const warning = "Attempting to deploy or update resources with 1 pending operations from previous deployment.";

let place: ReturnType<typeof folder>;
let lines: string[];
let stack: Stack;

/** A Pulumi that exports a state with an operation a killed run had begun, and keeps what is imported. */
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
