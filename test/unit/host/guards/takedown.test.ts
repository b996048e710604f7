import { refuseBaseInUse, refuseWhatServes } from "../../../../host/guards/takedown";
import { factsOf, release, routedTo } from "../handover/model";

const serving = (tier: "tier1" | "tier2") =>
  factsOf(
    release(tier, "one", () => true),
    routedTo("one"),
  );

test.each([
  ["prod-tier1", "tier1", "prod-tier2"],
  ["prod-tier2", "tier2", "prod-tier1"],
  ["tier1", "tier1", "tier2"],
] as const)("%s, which serves, is switched away from to the install's own other tier", (stack, tier, other) => {
  expect(() => refuseWhatServes(serving(tier), tier, stack)).toThrow(
    new RegExp(`^${tier} serves; [^]*\\n {2}type: npm run up -- ${other}$`),
  );
});

test("one that does not serve may go", () => {
  expect(() => refuseWhatServes(serving("tier1"), "tier2", "prod-tier2")).not.toThrow();
});

test("base is not taken from under releases, whose own stacks go first", () => {
  expect(() => refuseBaseInUse(["tier2", "tier1", "tier2"], "prod-base")).toThrow(
    /^Base carries tier1 and tier2; [^]*\n {2}type: npm run down -- prod-tier1\n {2}type: npm run down -- prod-tier2$/,
  );
  expect(() => refuseBaseInUse([], "prod-base")).not.toThrow();
});
