import { fileURLToPath } from "node:url";
import { stackLocksIn } from "../../../../ops/pulumi/stackLock";

/** Renders the error as Pulumi 3.259 prints it. */
const message = (lines: readonly string[]) =>
  [
    "code: 255",
    " stdout: ",
    " stderr: Command failed with exit code 255: pulumi up --yes --stack tier2",
    `error: the stack is currently locked by ${lines.length} lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.`,
    ...lines,
    "",
  ].join("\n");
const line =
  "  file:///srv/my%20scani/.pulumi/locks/organization/scani/tier2/1d9e05d4.json?no_tmp_dir=true: created by ada@scani.internal (pid 28795) at 2026-11-23T23:22:13Z";

test("every lock Pulumi names is read, with its file", () => {
  const [lock, ...others] = stackLocksIn(message([line]));
  expect(others).toEqual([]);
  expect(lock).toMatchObject({ user: "ada", host: "scani.internal", pid: 28795, since: "2026-11-23T23:22:13Z" });
  expect(fileURLToPath(lock?.url ?? "")).toBe("/srv/my scani/.pulumi/locks/organization/scani/tier2/1d9e05d4.json");
  expect(stackLocksIn(message([line, line.replace("1d9e05d4", "2d9e05d4")]))).toHaveLength(2);
});

test("one that is said twice is one", () => {
  expect(stackLocksIn(message([line, line]))).toHaveLength(1);
});

test("what Pulumi colours for a terminal is read as what it prints to a file", () => {
  const coloured = message([line])
    .split("\n")
    .map((one) => `\u001b[38;5;9m${one}\u001b[0m`)
    .join("\n");
  expect(stackLocksIn(coloured)).toEqual(stackLocksIn(message([line])));
  expect(stackLocksIn(`${message([line]).trimEnd()}\u001b[0m`)[0]?.since).toBe("2026-11-23T23:22:13Z");
});

test("no other message names a lock", () => {
  expect(stackLocksIn("error: update failed")).toEqual([]);
  expect(stackLocksIn(line)).toEqual([]);
});
