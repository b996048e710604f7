import { newerProblem, tagOf } from "../../../../host/preflight/schema";

test("a database that is newer than the images: the tag that serves is the way out", () => {
  const told = newerProblem({ names: ["0003_rows_note"], wantedTag: "1.0.0", servingTag: "1.0.1", stack: "tier1" });
  expect(told).toContain("newer than the images 1.0.0: it has had 0003_rows_note, which they do not know");
  expect(told).toMatch(/type: pulumi config set SCANI_IMAGE_TAG 1\.0\.1 --stack tier1$/);
});

test("where the tag is not known it is left to the operator; a long list is cut", () => {
  const names = Array.from({ length: 9 }, (_unused, index) => `000${index}_x`);
  for (const servingTag of [undefined, "1.0.0"]) {
    const told = newerProblem({ names, wantedTag: "1.0.0", servingTag, stack: "tier1" });
    expect(told).toContain("0004_x and 4 more");
    expect(told).toMatch(/SCANI_IMAGE_TAG <tag> --stack tier1$/);
  }
});

test("the tag of an image's name", () => {
  expect(tagOf("registry.example.org:5000/scani/api:0.17.1")).toBe("0.17.1");
  expect(tagOf("registry.example.org:5000/scani/api")).toBe("registry.example.org:5000/scani/api");
});
