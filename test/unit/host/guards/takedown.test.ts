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

test.each([
  ["tier1", "worker"],
  ["tier1", undefined],
  ["tier2", "worker"],
] as const)(
  "of %s, which does not serve, the only worker is not taken from a release whose %s is down",
  (tier, down) => {
    const other = tier === "tier1" ? "tier2" : "tier1";
    const facts = factsOf(
      [...release(other, "one", (service) => service !== down), ...release(tier, "two", () => true)],
      routedTo("one"),
    );
    if (down === undefined) expect(() => refuseWhatServes(facts, tier, tier)).not.toThrow();
    else
      expect(() => refuseWhatServes(facts, tier, `prod-${tier}`)).toThrow(
        new RegExp(
          `^${tier} worker does the jobs of ${other}, whose own worker does not run\\. Nothing has been touched\\.\\n[^]*\\n {2}type: npm run up -- prod-${other}$`,
        ),
      );
  },
);

test("base is not taken from under releases, whose own stacks go first", () => {
  expect(() => refuseBaseInUse(["tier2", "tier1", "tier2"], "prod-base")).toThrow(
    /^Base carries tier1 and tier2; [^]*\n {2}type: npm run down -- prod-tier1\n {2}type: npm run down -- prod-tier2$/,
  );
  expect(() => refuseBaseInUse([], "prod-base")).not.toThrow();
});
