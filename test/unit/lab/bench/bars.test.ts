import { judge } from "../../../../lab/bench/report/bars";
import { runName } from "../../../../lab/bench/report/run";
import { filesSeen, goodRuns } from "./runs";

/** Lists the demands that did not hold. */
const failing = (runs: ReturnType<typeof goodRuns>, compose = "docker-compose 1.29.2") =>
  judge(runs, compose)
    .filter(({ held }) => !held)
    .map(({ demand }) => demand);

test("a good bench holds every bar", () => {
  expect(failing(goodRuns())).toEqual([]);
});

test("a control that fails nothing proves nothing", () => {
  const bars = judge(
    goodRuns({ composeForth: { failed: 0, totalMs: 32_000 }, composeBack: { failed: 0 } }),
    "docker-compose 1.29.2",
  );
  expect(bars.filter(({ held }) => !held)).toEqual([
    { demand: "compose fails some requests", measured: "none: the load proves nothing", held: false },
  ]);
});

test.each([
  ["one failed request in any switch", { newTag: { failed: 1 } }, ["requests this module fails: 0"]],
  [
    "one file that does not open after a switch",
    { again: { files: filesSeen(1) } },
    ["after each switch every file opens, and every job that reads one was done once"],
  ],
  [
    "one job that was not done",
    { warmForth: { files: filesSeen(0, 1) } },
    ["after each switch every file opens, and every job that reads one was done once"],
  ],
  [
    "files that were not counted",
    { back: { files: undefined } },
    ["after each switch every file opens, and every job that reads one was done once"],
  ],
  ["too few requests in one switch", { warmBack: { sent: 4999 } }, ["requests per switch: at least 5000"]],
  [
    "a cut response",
    { slowBack: { slowResponse: "cut" as const } },
    ["a 20-second response begun before the flip arrives whole, both ways"],
  ],
  [
    "a response that was not open at the flip",
    { slowForth: { slowResponse: "missed" as const } },
    ["a 20-second response begun before the flip arrives whole, both ways"],
  ],
  ["a slow flip", { again: { flipMs: 501 } }, ["flip: at most 500 ms"]],
  [
    "a slow first switch",
    { first: { totalMs: 20_001 }, composeForth: { failed: 1, totalMs: 60_000 } },
    ["tier 1 to 2, first time, in all: at most 20 s"],
  ],
  [
    "a first switch slow beside compose",
    { first: { totalMs: 19_300 } },
    ["the same as a share of compose's time: at most 0.6"],
  ],
  ["a slow rollback", { back: { totalMs: 12_001 } }, ["rollback, containers stopped, in all: at most 12 s"]],
  ["a slow warm rollback", { warmBack: { totalMs: 8_001 } }, ["rollback, kept warm, in all: at most 8 s"]],
])("%s fails its bar and no other", (_what, changed, demands) => {
  expect(failing(goodRuns(changed))).toEqual(demands);
});

test("a limit that is just met holds", () => {
  const runs = goodRuns({
    first: { totalMs: 18_000, flipMs: 500 },
    composeForth: { failed: 1, totalMs: 30_000 },
    back: { totalMs: 12_000 },
    warmBack: { totalMs: 8_000, sent: 5_000 },
  });
  expect(failing(runs)).toEqual([]);
});

test("a compose that makes its containers side by side is given 1.3 of its time", () => {
  const runs = goodRuns({ first: { totalMs: 13_000 }, composeForth: { failed: 1, totalMs: 10_000 } });
  expect(failing(runs, "docker compose 2.40.3")).toEqual([]);
  const slow = goodRuns({ first: { totalMs: 13_001 }, composeForth: { failed: 1, totalMs: 10_000 } });
  for (const version of ["docker compose 2.40.3", "docker compose v5.0.1"])
    expect(failing(slow, version)).toEqual(["the same as a share of compose's time: at most 1.3"]);
  expect(failing(runs, "docker-compose 1.29.2")).toEqual(["the same as a share of compose's time: at most 0.6"]);
});

test("a switch with a response open is not judged by its time", () => {
  expect(failing(goodRuns({ slowBack: { slowResponse: "whole", totalMs: 30_000 } }))).toEqual([]);
});

test("what was not run fails, and nothing run fails everything", () => {
  const without = goodRuns().filter(({ name }) => name !== runName.slowForth && name !== runName.warmBack);
  expect(failing(without)).toEqual([
    "a 20-second response begun before the flip arrives whole, both ways",
    "rollback, kept warm, in all: at most 8 s",
  ]);
  expect(judge([], "docker-compose 1.29.2").some(({ held }) => held)).toBe(false);
});
