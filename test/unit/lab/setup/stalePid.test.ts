import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isStale, removeStalePids } from "../../../../lab/setup/stalePid";

const names: Readonly<Record<number, string>> = { 7: "containerd", 8: "sh" };
const nameOf = (pid: number) => names[pid];

test.each([
  ["7", false],
  ["7\n", false],
  ["8", true],
  ["9", true],
  // These name no process, so they stay.
  ["", false],
  ["seven", false],
  [undefined, false],
])("a note of %j that should be containerd's: stale %p", (note, stale) =>
  expect(isStale(note, "containerd", nameOf)).toBe(stale),
);

test("a live process's own note stays, one with another's number goes", () => {
  const folder = mkdtempSync(join(tmpdir(), "pid-"));
  const sleep = spawn("sleep", ["30"]);
  try {
    const [own, others, gone] = ["own", "others", "gone"].map((name) => join(folder, name)) as [string, string, string];
    writeFileSync(own, String(sleep.pid));
    writeFileSync(others, String(sleep.pid));
    writeFileSync(gone, String(2 ** 22 + 1));
    expect(
      removeStalePids([
        [own, "sleep"],
        [others, "containerd"],
        [gone, "dockerd"],
        [join(folder, "none"), "dockerd"],
      ]),
    ).toEqual([others, gone]);
    expect([own, others, gone].map((file) => existsSync(file))).toEqual([true, false, false]);
  } finally {
    sleep.kill();
    rmSync(folder, { recursive: true });
  }
});
