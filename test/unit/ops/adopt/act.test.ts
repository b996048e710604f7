import { actOf, isToBeDone, type AdoptWords } from "../../../../ops/adopt/act";

test.each<[AdoptWords, string]>([
  [{}, "adopt"],
  [{ yes: true, port: "8090", acceptPublicKey: true }, "adopt"],
  [{ json: true, takePort: true }, "adopt"],
  [{ status: true, json: true }, "status"],
  [{ back: true, yes: true }, "back"],
  [{ settle: true, removeOldFiles: true, plan: true }, "settle"],
  [{ recover: true, yes: true }, "recover"],
])("%j asks for %s", (words, act) => {
  expect(actOf(words, "home")).toBe(act);
});

test.each<[AdoptWords, string]>([
  [
    { back: true, settle: true },
    "--back and --settle are not done in one call. Nothing has been touched.\n  type: npm run adopt -- home --back\n  type: npm run adopt -- home --settle",
  ],
  [
    { removeOldFiles: true, yes: true },
    "--remove-old-files does not go with an adoption. Nothing has been touched.\n  type: npm run adopt -- home --settle --remove-old-files",
  ],
  [
    { settle: true, json: true, port: "8090", plan: true },
    "--json and --port do not go with --settle. Nothing has been touched.\n  type: npm run adopt -- home --settle --plan",
  ],
  [
    { json: true, yes: true, port: "8090" },
    "--json only says what would be done, and --yes does it. Nothing has been touched.\n  type: npm run adopt -- home --json --port 8090\n  type: npm run adopt -- home --yes --port 8090",
  ],
  [
    { status: true, yes: true },
    "--yes does not go with --status. Nothing has been touched.\n  type: npm run adopt -- home --status",
  ],
])("%j is refused", (words, message) => {
  expect(() => actOf(words, "home")).toThrow(new Error(message));
});

test("options of every command are none of an act's business", () => {
  const words = { back: true, base: "prod-base", project: "/srv/scani" };
  expect(actOf(words)).toBe("back");
});

test("something is done with --yes alone", () => {
  expect(isToBeDone({ yes: true })).toBe(true);
  expect([{}, { plan: true }, { plan: true, yes: true }].map(isToBeDone)).toEqual([false, false, false]);
});
