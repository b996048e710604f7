import { OperatorError } from "../../../../util/operatorError";
import { explainFailure, HandoverFailed } from "../../../../host/handover/failed";
import { factsOf, release, routedTo } from "./model";

const tier1 = { tier: "tier1", release: "one" } as const;
const why = new OperatorError({ what: "the worker did not stay up" }, { logTail: ["it says why"] });
const [idle, working] = [release("tier2", "two", () => false), release("tier2", "two", () => true)];
const one = factsOf([...release("tier1", "one", () => true), ...idle], routedTo("one"));
const two = factsOf([...release("tier1", "one", (service) => service !== "worker"), ...working], routedTo("two"));
const none = factsOf([], {});

test.each([
  ["before the flip", new HandoverFailed(why, tier1, "untouched"), one, "tier1 (one) goes on serving, untouched."],
  [
    "after the flip, taken back",
    new HandoverFailed(why, tier1, "pointed back"),
    one,
    "tier1 (one) serves again, with the same containers.",
  ],
  [
    "after the flip, taken back without its worker",
    new HandoverFailed(why, tier1, "pointed back"),
    factsOf([...release("tier1", "one", (service) => service !== "worker"), ...idle], routedTo("one")),
    "tier1 (one) serves again, with the same containers, but its worker is exited.\n  type: npm run up -- tier1",
  ],
  [
    "before the flip, the wanted release's worker being the one that runs",
    new HandoverFailed(why, tier1, "untouched"),
    factsOf([...release("tier1", "one", (service) => service !== "worker"), ...working], routedTo("one")),
    "tier1 (one) goes on serving, untouched, but its worker is exited; the worker of tier2 (two) takes jobs.\n  type: npm run up -- tier1",
  ],
  [
    "after the flip, not taken back",
    new HandoverFailed(why, tier1, "not pointed back"),
    two,
    "The gateway was not pointed back, so nothing was stopped. Serving now: tier2 (two).\n  The next up goes on from there. type: npm run up -- tier2",
  ],
  [
    "a repair",
    new HandoverFailed(why, tier1, "left"),
    one,
    "Nothing was taken back. Serving now: tier1 (one).\n  The next up goes on from there. type: npm run up -- tier2",
  ],
  ["somebody else's doing", new HandoverFailed(why, tier1, "pointed back"), two, "Serving now: tier2 (two)."],
  ["the very first time", new HandoverFailed(why, undefined, "untouched"), none, "Serving now: nothing."],
  ["before the first step", why, one, "Serving now: tier1 (one)."],
  ["with an engine that is gone", why, undefined, "What serves now cannot be told: the engine does not answer."],
])("%s: what went wrong, the end of the log, and what serves", (_when, thrown, now, serves) => {
  expect(explainFailure(thrown, now, "tier2")).toBe(
    `the worker did not stay up\n\nThe last it logged:\n    it says why\n\n${serves}`,
  );
});
