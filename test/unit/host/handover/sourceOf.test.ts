import { sourceOf } from "../../../../host/handover/carryFiles";
import { plan } from "../../../../host/handover/plan";
import type { Facts } from "../../../../host/install/facts";
import { factsOf, release, wantedOf } from "./model";

/** Both releases stopped, and no route to any. */
const stopped = factsOf([...release("tier1", "one", () => false), ...release("tier2", "two", () => false)], {});
const switchedTo = (tier: "tier1" | "tier2", name: string): Facts["journal"] => [
  { at: "2026-11-28", by: "", to: { tier, release: name }, outcome: "switched", totalMs: 1, timings: {} },
];
const source = (facts: Facts) => {
  const wanted = wantedOf("tier1", "one", false);
  return sourceOf(facts, wanted, plan(facts, wanted));
};

test("where nothing serves, files are carried from the release that served last", () => {
  expect(source({ ...stopped, journal: switchedTo("tier2", "two") })).toEqual({ tier: "tier2", release: "two" });
  expect(source({ ...stopped, journal: switchedTo("tier1", "one") })).toBeUndefined();
  expect(source(stopped)).toBeUndefined();
});

test("where the record cannot tell, from another one that is left, or else from the other tier", () => {
  const unknown = { ...stopped, journalUnreadable: true } as const;
  expect(source(unknown)).toMatchObject({ tier: "tier2", release: "two" });
  const alone = stopped.containers.filter((one) => one.release === "one");
  expect(source({ ...unknown, containers: alone })).toEqual({ tier: "tier2", release: "unknown" });
});
