import { flipBegan } from "../../../../lab/bench/module/flipTime";
import { judgeHeld } from "../../../../lab/bench/module/slowResponse";

test("a response counts only when it was open as the gateway flipped", () => {
  const held = (begunAt: number, endedAt: number, whole = true) => judgeHeld({ begunAt, endedAt, whole }, 1000);
  expect(held(900, 20_900)).toBe("whole");
  expect(held(900, 1500, false)).toBe("cut");
  expect(held(1000, 20_900)).toBe("missed");
  expect(held(900, 1000)).toBe("missed");
  expect(judgeHeld({ begunAt: 1, endedAt: 2, whole: true }, undefined)).toBe("missed");
});

test("the flip began after every step before it", () => {
  const at = "2026-11-23T19:00:00.000Z";
  const timings = {
    migrate: 700,
    "start api, frontend-app": 4000,
    "verify from inside the api": 300,
    flip: 150,
    drain: 19_000,
  };
  expect(flipBegan({ at, timings })).toBe(Date.parse(at) + 5000);
  expect(flipBegan({ at, timings: { migrate: 700 } })).toBeUndefined();
});
