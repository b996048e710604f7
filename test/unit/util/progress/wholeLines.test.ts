import fc from "fast-check";
import { wholeLines } from "../../../../util/progress/wholeLines";

/** Feeds pieces to `wholeLines`. @returns the reported lines, and how many came before the end */
function told(pieces: readonly string[]): { lines: string[]; beforeEnd: number } {
  const lines: string[] = [];
  const whole = wholeLines((line) => lines.push(line));
  pieces.forEach((piece) => whole.take(piece));
  const beforeEnd = lines.length;
  whole.end();
  return { lines, beforeEnd };
}

test("wherever a pipe cuts an output, its lines are the same", () => {
  const output = fc
    .array(fc.constantFrom("a", "error: b", "\n", "\n\n", "  "), { maxLength: 12 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(output, fc.array(fc.nat(20)), (text, cuts) => {
      const ends = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b);
      const pieces = ends.slice(1).map((end, index) => text.slice(ends[index], end));
      expect(pieces.join("")).toBe(text);
      const { lines } = told(pieces);
      expect(lines.join("\n")).toBe(text.replace(/\n$/, ""));
      expect(lines).toEqual(told([text]).lines);
    }),
  );
});

test("a line is told when it is whole, an unfinished one at the end", () => {
  expect(told(["one\ntw", "o\n\nthree"])).toEqual({ lines: ["one", "two", "", "three"], beforeEnd: 3 });
  expect(told(["one\n"])).toEqual({ lines: ["one"], beforeEnd: 1 });
  expect(told([])).toEqual({ lines: [], beforeEnd: 0 });
});
