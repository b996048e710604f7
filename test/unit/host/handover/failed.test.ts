import { HostFailure } from "../../../../util/failure";
import { explainFailure, HandoverFailed } from "../../../../host/handover/failed";

const [one, two] = [
  { tier: "tier1", release: "aaaa" },
  { tier: "tier2", release: "bbbb" },
] as const;
const why = new HostFailure("the worker did not stay up", ["it says why"]);

test.each([
  ["before the flip", new HandoverFailed(why, one, false), one, "tier1 (aaaa) goes on serving, untouched."],
  [
    "after the flip, taken back",
    new HandoverFailed(why, one, true),
    one,
    "tier1 (aaaa) serves again, with the same containers; its worker was stopped and started.",
  ],
  ["when the old release was being stopped", new HandoverFailed(why, one, true), two, "tier2 (bbbb) serves."],
  ["the very first time", new HandoverFailed(why, undefined, true), undefined, "Nothing serves."],
  ["before the first step", why, one, "tier1 (aaaa) serves."],
])("%s: what went wrong, the end of the log, and what serves", (_when, thrown, now, standing) => {
  expect(explainFailure(thrown, now)).toBe(
    `the worker did not stay up\n\nThe last it logged:\n    it says why\n\n${standing}`,
  );
});
