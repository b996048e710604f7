import { kindOf, stacksBeside } from "../../../../../host/install/names/stacks";

test.each([
  ["base", "base"],
  ["prod-tier1", "tier1"],
  ["my-base-tier2", "tier2"],
  ["database", undefined],
  ["tier3", undefined],
])("%s is %s", (stack, kind) => expect(kindOf(stack)).toBe(kind));

test.each<[string, string | undefined, string[]]>([
  ["tier1", undefined, ["base", "tier1", "tier2"]],
  ["prod-tier2", undefined, ["prod-base", "prod-tier1", "prod-tier2"]],
  ["prod-base", undefined, ["prod-base", "prod-tier1", "prod-tier2"]],
  ["blue-tier1", "shared-base", ["shared-base", "blue-tier1", "blue-tier2"]],
  ["blue", undefined, ["base", "tier1", "tier2"]],
])("beside %s on %s stand %j", (stack, base, names) => {
  const { base: own, tier1, tier2 } = stacksBeside(stack, base);
  expect([own, tier1, tier2]).toEqual(names);
});
