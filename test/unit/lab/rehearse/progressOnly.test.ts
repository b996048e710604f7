import { progressOnly } from "../../../../lab/rehearse/progressOnly";

const told = (lines: readonly string[]): string[] => {
  const said: string[] = [];
  lines.forEach(progressOnly((line) => said.push(line)));
  return said;
};

const handover = " +  scani-host:handover:Handover scani-tier1-handover creating (1s)";

test("of an up that fails: the steps once, and the error whole, with what the container logged", () => {
  expect(
    told([
      "Updating (tier1):",
      "",
      " +  docker:index:Network scani-tier1-net created (2s) ",
      `${handover} Bringing tier1 up; nothing serves yet`,
      `${handover} ▸ migrate`,
      "@ updating....",
      `${handover} ✗ migrate (1.1 s)`,
      `${handover} error: tier1 migrate exited with code 1 (container scani-tier1-migrate)`,
      " +  pulumi:pulumi:Stack scani-tier1 **creating failed (6s)** 1 error; 1 warning",
      "Diagnostics:",
      "  pulumi:pulumi:Stack (scani-tier1):",
      "    warning: using pulumi-resource-docker from $PATH",
      "    error: update failed",
      "",
      "  scani-host:handover:Handover (scani-tier1-handover):",
      "    ▸ migrate",
      "    ✗ migrate (1.1 s)",
      "    error: tier1 migrate exited with code 1 (container scani-tier1-migrate)",
      "    ",
      "    The last it logged:",
      '        column "note" already exists',
      "    ",
      "    Nothing serves.",
      "",
      "Outputs:",
      '    address: "http://localhost:36247"',
      "Resources:",
      "    2 errored",
    ]),
  ).toEqual([
    "  ▸ migrate",
    "  ✗ migrate (1.1 s)",
    "  error: tier1 migrate exited with code 1 (container scani-tier1-migrate)",
    "  ",
    "  The last it logged:",
    '      column "note" already exists',
    "  ",
    "  Nothing serves.",
  ]);
});

test("of one that passes with a warning: the steps", () => {
  expect(
    told([
      `${handover} ✓ soak (5.0 s)`,
      "Diagnostics:",
      "  pulumi:pulumi:Stack (scani-tier1):",
      "    warning: using pulumi-resource-docker from $PATH",
      "",
      "  scani-host:handover:Handover (scani-tier1-handover):",
      "    ✓ soak (5.0 s)",
      "",
      "Resources:",
      "    + 10 created",
    ]),
  ).toEqual(["  ✓ soak (5.0 s)"]);
});

test("one that is called off says no more than its steps", () => {
  expect(
    told([
      `${handover} ▸ migrate`,
      "Diagnostics:",
      "  pulumi:pulumi:Stack (scani-base):",
      "    error: update canceled",
      "",
      "Resources:",
    ]),
  ).toEqual(["  ▸ migrate"]);
});

test("what Pulumi refuses before it begins is told whole", () => {
  const refusal = [
    "error: the stack is currently locked by 1 lock(s)",
    "  file:///state/lock.json: created by ada",
    "",
    "run `pulumi cancel`",
  ];
  expect(told(["Updating (tier1):", ...refusal])).toEqual(refusal);
});
