import type { ContainerState } from "../../../../host/engine/engine";
import fc from "fast-check";
import { renderProblem } from "../../../../util/operatorError";
import { parseFree } from "../../../../host/engine/disk";
import { checkDisk, diskProblem } from "../../../../host/preflight/disk";
import { FakeEngine, type FakeAnswer } from "../fakeEngine";

const stacks = { stack: "prod-tier2", baseStack: "prod-base" };

test.each([
  [
    "Filesystem 1024-blocks     Used Available Capacity Mounted on\noverlay      263174212 30408700 219324632      13% /",
    214184,
  ],
  [
    "Filesystem           1024-blocks    Used Available Capacity Mounted on\n/dev/mapper/a-b        10240      9000      1240      88% /",
    1,
  ],
])("what df prints: %s", (output, freeMiB) => {
  expect(parseFree(output)).toBe(freeMiB);
});

test.each([[""], ["df: /: No such file"], ["Filesystem 1024-blocks Used Available Capacity Mounted on"]])(
  "what is no answer of df: %s",
  (output) => {
    expect(parseFree(output)).toBeUndefined();
  },
);

test("exactly too little room is a problem, and it names both figures and the setting", () => {
  fc.assert(
    fc.property(fc.nat(5000), fc.nat(5000), (free, least) => {
      const problem = diskProblem(free, least, "tier2");
      expect(problem === undefined).toBe(free >= least);
      if (problem !== undefined)
        expect(renderProblem(problem)).toMatch(
          new RegExp(`has ${free} MiB free; ${least} .*[\\s\\S]*--stack tier2 minimumFreeDisk ${Math.max(free, 1)}$`),
        );
    }),
  );
});

test("files that are carried onto the disk are required beside what it needs anyway", () => {
  expect(diskProblem(1_500, 1_024, "tier1", 476)).toBeUndefined();
  const [tight, hopeless] = [1_499, 476].map((free) => diskProblem(free, 1_024, "tier1", 476));
  expect(tight?.what).toBe(
    "The engine's disk has 1499 MiB free; 1500 are required to carry the files into base's own bucket: 476 for them, and 1024 (minimumFreeDisk) besides.",
  );
  expect(tight?.type?.slice(-2)).toEqual([
    "npm run pulumi -- config set --stack tier1 minimumFreeDisk 1023",
    "npm run pulumi -- config set --stack tier1 carryFiles no",
  ]);
  expect(hopeless?.type).not.toContainEqual(expect.stringContaining("minimumFreeDisk"));
});

test.each<[string, ContainerState, FakeAnswer, RegExp | undefined]>([
  [
    "with room",
    "running",
    { output: "Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 9 1 2097152 1% /\n" },
    undefined,
  ],
  [
    "without",
    "running",
    { output: "Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 9 1 1047552 99% /\n" },
    /has 1023 MiB free; 1024/,
  ],
  [
    "that says something else",
    "running",
    { exitCode: 1, output: "df: /: no" },
    /free space of the engine's disk cannot be read in the gateway gateway: df: \/: no\n {2}type: docker logs --tail 50 gateway$/,
  ],
  [
    "that is stopped",
    "exited",
    {},
    /free space of the engine's disk cannot be read in the gateway gateway: .*gateway is not running\s+type: docker start gateway$/,
  ],
  [
    "that is paused",
    "paused",
    {},
    /free space of the engine's disk cannot be read in the gateway gateway: .*is paused.*\n {2}type: docker unpause gateway$/,
  ],
])("the disk is asked for in the gateway: one %s", async (_what, state, answer, problem) => {
  const engine = new FakeEngine(() => answer);
  engine.add({ name: "gateway", state });
  const checked = checkDisk(engine, "gateway", 1024, stacks);
  await (problem === undefined ? expect(checked).resolves.toBeUndefined() : expect(checked).rejects.toThrow(problem));
});

test("a gateway that is gone does not tell either", async () => {
  await expect(checkDisk(new FakeEngine(), "gateway", 1024, stacks)).rejects.toThrow(
    /free space of the engine's disk cannot be read .*No such container: gateway.*\n {2}type: npm run up -- prod-base$/,
  );
});
