import { newerProblem, tagOf, type Newer } from "../../../../host/preflight/schema";
import { renderProblem } from "../../../../util/operatorError";

const told = (newer: Newer) => renderProblem(newerProblem(newer));

test("a database that is newer than the images: the tag that serves is the way out", () => {
  const text = told({ names: ["0003_rows_note"], wantedTag: "1.0.0", servingTag: "1.0.1", stack: "tier1" });
  expect(text).toContain("newer than the images 1.0.0: it has had 0003_rows_note, which they do not ship");
  expect(text).toMatch(/type: npm run pulumi -- config set --stack tier1 SCANI_IMAGE_TAG 1\.0\.1$/);
});

test("where the tag is not known it is left to the operator; a long list is cut", () => {
  const names = Array.from({ length: 9 }, (_unused, index) => `000${index}_x`);
  for (const servingTag of [undefined, "1.0.0"]) {
    const text = told({ names, wantedTag: "1.0.0", servingTag, stack: "tier1" });
    expect(text).toContain("0004_x and 4 more");
    expect(text).toMatch(/Use the release that migrated it, by its SCANI_IMAGE_TAG, or a later one; .*$/);
    expect(text).not.toContain("type:");
  }
});

test("the tag of an image's name", () => {
  expect(tagOf("registry.example.org:5000/scani/api:0.17.1")).toBe("0.17.1");
  expect(tagOf("registry.example.org:5000/scani/api")).toBe("registry.example.org:5000/scani/api");
});
