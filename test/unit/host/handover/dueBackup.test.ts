import fc from "fast-check";
import { insertBackup } from "../../../../host/handover/dueBackup";
import { renderPreview } from "../../../../host/handover/preview/renderPreview";
import { plan, stages } from "../../../../host/handover/plan";
import { factsOf, hosts, release, routedTo, wantedOf } from "./model";

const decisions = fc.record({ due: fc.boolean(), why: fc.constant("why"), concurrent: fc.boolean() });
const kinds = (steps: readonly { readonly id: string }[]) => steps.map((step) => step.id);

test("for any host: a due backup begins before everything else and is whole before the flip, and nothing else changes", () => {
  fc.assert(
    fc.property(hosts, decisions, ({ facts, wanted }, decision) => {
      const steps = plan(facts, wanted);
      const all = insertBackup(steps, decision);
      expect(all.filter((step) => step.id !== "backup" && step.id !== "finish-backup")).toEqual(steps);
      const switches = kinds(steps).includes("flip");
      expect(kinds(all).includes("backup")).toBe(decision.due && switches);
      if (!decision.due || !switches) return;
      expect(all[kinds(all).indexOf("preflight") + 1]).toMatchObject({
        id: "backup",
        why: "why",
        concurrent: decision.concurrent,
      });
      expect(kinds(all).includes("finish-backup")).toBe(decision.concurrent);
      if (decision.concurrent) expect(kinds(all).indexOf("finish-backup")).toBeLessThan(kinds(all).indexOf("flip"));
    }),
  );
});

test("nobody's worker is told to stop before the backup is whole", () => {
  fc.assert(
    fc.property(hosts, ({ facts, wanted }) => {
      const grouped = stages(insertBackup(plan(facts, wanted), { due: true, why: "", concurrent: true })).map(kinds);
      const whole = grouped.findIndex((stage) => stage.includes("finish-backup"));
      const stops = grouped.findIndex((stage) => stage.includes("stop-workers") || stage.includes("flip"));
      if (whole >= 0) expect(whole).toBeLessThan(stops);
    }),
  );
});

test("the preview says whether one is made, and why", () => {
  const facts = factsOf(
    [...release("tier1", "one", () => true), ...release("tier2", "two", () => false)],
    routedTo("one"),
  );
  const text = (decision: { due: boolean; why: string; concurrent: boolean } | { unknown: string }) =>
    renderPreview({
      serving: "tier1 (one)",
      wanted: { tier: "tier2", release: "two" },
      steps:
        "unknown" in decision
          ? plan(facts, wantedOf("tier2", "two", false))
          : insertBackup(plan(facts, wantedOf("tier2", "two", false)), decision),
      backup: decision,
      created: [],
      environment: { old: {}, new: {} },
      images: { old: {}, new: {} },
      keepWarm: false,
      soak: 0,
      kept: [],
      untouched: [],
    });
  expect(text({ due: true, why: "a migration is pending: x", concurrent: false })).toContain(
    "\n  back up the database before anything else: a migration is pending: x\n  migrate",
  );
  expect(text({ due: true, why: "there is none yet", concurrent: true })).toMatch(
    / {2}back up the database while the candidate starts: there is none yet\n[\s\S]* {2}wait until the backup is whole\n {2}flip/,
  );
  expect(text({ due: false, why: "the last one is 3 h old", concurrent: false })).toContain(
    "\nbackup: none is due, the last one is 3 h old",
  );
  expect(text({ unknown: "Postgres is down" })).toContain(
    "\nbackup: whether one is due cannot be told: Postgres is down",
  );
});
