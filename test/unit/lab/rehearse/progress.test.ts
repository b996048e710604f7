import type { EngineEvent } from "@pulumi/pulumi/automation";
import { progressOf } from "../../../../lab/rehearse/progress";

const stack = "urn:pulumi:tier1::scani::pulumi:pulumi:Stack::scani-tier1";
const handover = "urn:pulumi:tier1::scani::scani-host:handover:Handover::scani-tier1-handover";

type Severity = NonNullable<EngineEvent["diagnosticEvent"]>["severity"];

const said = (severity: Severity, message: string, urn?: string): EngineEvent => ({
  sequence: 1,
  timestamp: 1,
  diagnosticEvent: { severity, message, urn, color: "never" },
});

test("the handover's steps are progress; what others say, and what is not said at all, is not", () => {
  expect(progressOf(said("info", "▸ migrate\n", handover))).toEqual(["  ▸ migrate"]);
  expect(progressOf(said("info", "pulled\n", stack))).toEqual([]);
  expect(progressOf(said("warning", "using pulumi-resource-docker from $PATH\n"))).toEqual([]);
  expect(progressOf({ sequence: 2, timestamp: 2, cancelEvent: {} })).toEqual([]);
});

test("an error is reported whole, whoever's it is, with what the container logged", () => {
  const failed = 'tier1 migrate exited with code 1\n\nThe last it logged:\n    column "note" already exists\n';
  const lines = [
    "  error: tier1 migrate exited with code 1",
    "  ",
    "  The last it logged:",
    '      column "note" already exists',
  ];
  expect(progressOf(said("error", failed, handover))).toEqual(lines);
  expect(progressOf(said("error", failed))).toEqual(lines);
});
