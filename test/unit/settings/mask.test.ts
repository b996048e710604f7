import { mask } from "../../../settings";

test.each([
  ["a secret", "ENCRYPTION_KEY", "0123456789abcdef", "••••cdef"],
  ["a short secret", "ENCRYPTION_KEY", "short", "••••"],
  ["a setting that is none", "LOG_LEVEL", "info", "info"],
  ["what this module sets itself", "SERVICE_NAME", "api", "api"],
  ["a variable of the operator's own", "STRIPE_KEY", "sk_live_0123456789", "••••6789"],
  ["none", "ENCRYPTION_KEY", undefined, "(none)"],
])("%s is shown as it may be", (_, variable, value, shown) => {
  expect(mask(variable, value)).toBe(shown);
});
