import { judge } from "../../../../lab/bench/report/bars";
import { markdown } from "../../../../lab/bench/report/table";
import { runName } from "../../../../lab/bench/report/run";
import { goodRun } from "./runs";

const machine = {
  cores: 2,
  memoryBytes: 24_103 * 2 ** 20,
  engine: "20.10.24",
  compose: "docker-compose 1.29.2",
  images: "scani/*:0.17.1",
};

test("states time and machine, a line for each run, and which targets hold", () => {
  const runs = [
    goodRun(runName.composeForth, {
      failed: 2900,
      flipMs: null,
      longestGapMs: 31_400,
      totalMs: 32_040,
      p99DuringMs: null,
    }),
    goodRun(runName.slowBack, { slowResponse: "whole", flipMs: 999.6, totalMs: 999.4 }),
  ];
  const lines = markdown(runs, judge(runs, machine.compose), machine, new Date("2026-11-23T19:00:00Z")).split("\n");
  expect(lines.slice(0, 6)).toEqual([
    "Measured 2026-11-23 on 2 cores, 24 GiB, Docker Engine 20.10.24, docker-compose 1.29.2; images scani/*:0.17.1. 100 requests a second, half on kept connections and half on fresh ones, GET and POST.",
    "",
    "| switch | sent | failed | longest gap | flip | total | p99 before | p99 during | 20 s response | files open | file jobs once |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    "| compose, tier 1 to 2 | 5,200 | 2,900 | 31.4 s | – | 32.0 s | 6 ms | – |  | – | – |",
    "| tier 2 to 1, a slow response open | 5,200 | 0 | 60 ms | 1.0 s | 999 ms | 6 ms | 40 ms | whole | 30 of 30 | 30 of 30 |",
  ]);
  expect(lines).toContain("- pass: compose fails some requests (2900 of 5200)");
  expect(lines).toContain("- FAIL: flip: at most 500 ms (1000 ms at the most)");
});

test("says what the first switch's time went to, without what took none", () => {
  const parts = { Pulumi: 8_240, preflight: 1_000, migrate: 1, flip: 240 };
  const runs = [goodRun(runName.first, { parts }), goodRun(runName.back, { parts })];
  const shown = markdown(runs, [], machine, new Date(0)).split("\n");
  expect(shown.filter((line) => line.includes("second by second"))).toEqual([
    "tier 1 to 2, first time, second by second: Pulumi 8.2 s, preflight 1.0 s, flip 240 ms.",
  ]);
});
