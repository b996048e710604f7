import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasKey, shareSalt } from "../../../../ops/pulumi/salt";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "salt-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (stack: string) => join(folder, `Pulumi.${stack}.yaml`);
const write = (stack: string, text: string) => writeFileSync(file(stack), text);
const read = (stack: string) => readFileSync(file(stack), "utf8");
const salt = "encryptionsalt: v1:one=:v1:two:three=";

test.each([
  ["tier2", "tier1"],
  ["tier1", "base"],
  ["base", "tier2"],
  ["prod-tier2", "prod-base"],
])("%s takes the salt of %s, and keeps its settings", (stack, other) => {
  write(other, `${salt}\nconfig:\n  scani:tier: x\n`);
  write(stack, 'config:\n  scani:keepWarm: "true"');
  shareSalt(stack, folder);
  expect(read(stack)).toBe(`config:\n  scani:keepWarm: "true"\n${salt}\n`);
});

test("one without settings gets a file with the salt", () => {
  write("base", `${salt}\n`);
  shareSalt("tier1", folder);
  expect(read("tier1")).toBe(`${salt}\n`);
});

test.each(["encryptionsalt: own\n", "secretsprovider: awskms://a\nencryptedkey: b\n"])(
  "one that has a key of its own keeps it, and gets no other: %j",
  (own) => {
    write("base", `${salt}\n`);
    write("tier1", own);
    shareSalt("tier1", folder);
    expect(read("tier1")).toBe(own);
  },
);

test("another install's is not taken, and without one nothing is written", () => {
  write("base", `${salt}\n`);
  shareSalt("prod-tier1", folder);
  expect(existsSync(file("prod-tier1"))).toBe(false);
});

test.each([
  ["nothing", undefined, false],
  ["settings alone", "config:\n  scani:tier: tier1\n", false],
  ["a salt", `${salt}\n`, true],
  ["a key of a cloud", "secretsprovider: awskms://a\nencryptedkey: b\n", true],
])("a stack of which there is %s has a key or not", (_, text, has) => {
  if (text !== undefined) write("tier1", text);
  expect(hasKey("tier1", folder)).toBe(has);
});
