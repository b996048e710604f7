import { containerProperties } from "../../../../lab/plugins/docker/containerProperties";
import { changed, changes, state, type Change } from "../../../../lab/plugins/parity/changes";
import { differences } from "../../../../lab/plugins/protocol/differences";
import { without } from "./without";

function told(change: Change, ignored?: string[]): string {
  // The program gave no entrypoint: Docker read it from the image.
  const wanted = changed(without(state, "entrypoints"), change);
  const found = differences(containerProperties, state, wanted, ignored);
  return Object.entries(found)
    .map(([name, { kind, replace }]) => `${name}: ${kind}, ${replace ? "replace" : "keep"}`)
    .join("; ");
}

describe("a change to a container is what it is to the official plugin", () => {
  test.each(changes)("%s", (_title, change, answer) => {
    expect(told(change)).toBe(answer);
  });

  test("a container whose creation failed half-way is created again", () => {
    const halfMade = without(state, "entrypoints");
    expect(differences(containerProperties, halfMade, halfMade)).toEqual({
      entrypoints: { kind: "update", replace: true },
    });
  });

  test("an ignored property is no change", () => {
    expect(told({ memorySwap: 128, memory: 128 }, ["memorySwap"])).toBe("memory: update, keep");
  });

  test("every property that the plugin covers is in the table", () => {
    const tried = new Set(changes.flatMap(([, change]) => Object.keys(change)));
    expect(Object.keys(containerProperties).filter((name) => !tried.has(name))).toEqual([]);
  });
});
