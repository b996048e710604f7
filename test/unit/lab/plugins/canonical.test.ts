import fc from "fast-check";
import { canonical } from "../../../../lab/plugins/protocol/canonical";
import { aMap, anObject, aString, listOf, setOf } from "../../../../lab/plugins/protocol/shape";

const objects = setOf(anObject({ name: aString, aliases: setOf(aString) }));

test("a set means the same in every order, and with what it holds twice", () => {
  const member = fc.record({ name: fc.string(), aliases: fc.array(fc.string()) });
  fc.assert(
    fc.property(
      fc.array(member).chain((set) => fc.tuple(fc.constant(set), fc.shuffledSubarray(set, { minLength: set.length }))),
      ([set, shuffled]) => {
        expect(canonical(objects, shuffled)).toBe(canonical(objects, set));
        expect(canonical(objects, [...set, ...set])).toBe(canonical(objects, set));
      },
    ),
  );
});

test("a list does not", () => {
  expect(canonical(listOf(aString), ["a", "b"])).not.toBe(canonical(listOf(aString), ["b", "a"]));
});

test("sets of different strings differ", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), fc.string({ minLength: 1 }), (set, more) => {
      fc.pre(!set.includes(more));
      expect(canonical(setOf(aString), [...set, more])).not.toBe(canonical(setOf(aString), set));
    }),
  );
});

test("empty values count as absent", () => {
  expect(canonical(anObject({ adds: setOf(aString), drops: setOf(aString) }), { adds: [], drops: ["ALL"] })).toBe(
    canonical(anObject({ adds: setOf(aString), drops: setOf(aString) }), { drops: ["ALL"] }),
  );
  expect(canonical(aMap, {})).toBe(canonical(aMap, undefined));
});

test("a map's order does not count", () => {
  expect(canonical(aMap, { a: "1", b: "2" })).toBe(canonical(aMap, { b: "2", a: "1" }));
  expect(canonical(aMap, { a: "1" })).not.toBe(canonical(aMap, { a: "2" }));
});
