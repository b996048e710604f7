import { refuseBaseInUse, refuseTakedown, refuseWhatServes } from "../../../../host/guards/takedown";
import type { Facts } from "../../../../host/install/facts";
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
    const stopped: Facts = { ...facts, gateway: { name: "g", state: "exited", silent: "the gateway is exited" } };
    for (const now of [facts, stopped])
      if (down === undefined) expect(() => refuseWhatServes(now, tier, tier)).not.toThrow();
      else
        expect(() => refuseWhatServes(now, tier, `prod-${tier}`)).toThrow(
          new RegExp(
            `^${tier} worker does the jobs of ${other}, whose own worker does not run\\. Nothing has been touched\\.\\n[^]*\\n {2}type: npm run up -- prod-${other}$`,
          ),
        );
  },
);

test.each([
  ["running", "under way", ""],
  ["restarting", "under way", ""],
  ["paused", "paused", "\n {2}type: docker unpause two-migrate-x"],
] as const)(
  "of a tier whose migrator is %s nothing is taken, also where downtime is meant; how to end it is said",
  (state, said, first) => {
    const [serves, migrates] = [release("tier1", "one", () => true), release("tier2", "two", () => false)];
    const migrator = migrates.map((one) => (one.service === "migrate" ? { ...one, state } : one));
    const facts = factsOf([...serves, ...migrator], routedTo("one"));
    for (const downtime of [true, false])
      expect(() => refuseTakedown(facts, "tier2", "prod-tier2", downtime)).toThrow(
        new RegExp(
          `^A migration of tier2 is ${said} \\(container two-migrate-x\\), .*Nothing has been touched\\.\n[^]*:${first}\n {2}type: docker wait two-migrate-x\n {2}type: npm run down -- prod-tier2\n[^]*:${first}\n {2}type: docker stop two-migrate-x\n {2}type: npm run down -- prod-tier2$`,
        ),
      );
    expect(() => refuseTakedown(facts, "tier1", "prod-tier1", true)).not.toThrow();
    expect(() => refuseTakedown(facts, "tier1", "prod-tier1", false)).toThrow("tier1 serves");
  },
);

test("base is not taken from under releases, whose own stacks go first", () => {
  const releases = [
    { name: "b", tier: "tier2" },
    { name: "a", tier: "tier1" },
    { name: "c", tier: "tier2" },
  ] as const;
  expect(() => refuseBaseInUse(releases, "prod-base")).toThrow(
    /^Base carries tier1 and tier2; [^]*\n {2}type: npm run down -- prod-tier1\n {2}type: npm run down -- prod-tier2\n[^]*Remove what is left of a, b, c:\n {2}type: docker stop a b c\n {2}type: docker rm a b c\n {2}type: npm run down -- prod-base$/,
  );
  expect(() => refuseBaseInUse([], "prod-base")).not.toThrow();
});
