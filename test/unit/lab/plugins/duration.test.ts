import fc from "fast-check";
import { duration, nanoseconds } from "../../../../lab/plugins/docker/duration";

test.each([
  ["0s", 0],
  ["10s", 10e9],
  ["1m0s", 60e9],
  ["1m30s", 90e9],
  ["1h0m0s", 3600e9],
  ["1h1m1.5s", 3661.5e9],
  ["500ms", 5e8],
  ["1.5ms", 1.5e6],
  ["2µs", 2000],
  ["7ns", 7],
])("Go writes %s for %d ns", (text, value) => {
  expect(duration(value)).toBe(text);
  expect(nanoseconds(text)).toBe(value);
});

test("what is written is read back", () => {
  // Test up to a day, far within the nanoseconds a JavaScript number can hold exactly.
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 86_400e9 }), (value) => {
      expect(nanoseconds(duration(value))).toBe(value);
    }),
  );
});

test.each(["10", "ten", "", "1x", "s", "1s "])("%j is no duration", (text) => {
  expect(() => nanoseconds(text)).toThrow("is not a duration");
});
