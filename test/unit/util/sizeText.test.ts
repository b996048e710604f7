import fc from "fast-check";
import { sizeText } from "../../../util/sizeText";

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [1023, "1023 bytes"],
  [1024, "1.0 KiB"],
  [10_189, "10 KiB"],
  [12_345, "12 KiB"],
  [1024 ** 2 - 1, "1.0 MiB"],
  [300 * 1024 ** 2, "300 MiB"],
  [4.2 * 1024 ** 3, "4.2 GiB"],
  [3000 * 1024 ** 4, "3000 TiB"],
])("%s bytes are %s", (bytes, text) => expect(sizeText(bytes)).toBe(text));

test("no size that is something reads as nothing, nor as a thousand of a unit", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1024, max: 2 ** 49 }), (bytes) => {
      const value = Number(sizeText(bytes).split(" ")[0]);
      expect(value).toBeGreaterThanOrEqual(1);
      expect(value).toBeLessThan(1024);
    }),
  ));
