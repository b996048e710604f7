import { stackOf } from "../../../provider/resources";

test.each([
  ["urn:pulumi:prod-tier1::scani::scani-host:handover:TakedownGuard::scani-tier1-takedown-guard", "prod-tier1"],
  ["urn:pulumi:base::scani::scani:base:Base$scani-host:base:Standing::standing", "base"],
])("the stack of %s", (urn, stack) => expect(stackOf(urn)).toBe(stack));
