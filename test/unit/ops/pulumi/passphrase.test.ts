import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { passphraseEnvironment } from "../../../../ops/pulumi/passphrase";
import { folder, type Folder } from "../../lab/setup/folder";

let project: Folder;
beforeEach(() => {
  project = folder();
});
afterEach(() => project.remove());

const reported: string[] = [];
const asked = (environment: NodeJS.ProcessEnv = {}) =>
  passphraseEnvironment(project.path, environment, (line) => reported.push(line));
const made = () => join(project.path, ".passphrase");

test("a new project gets one, once, that only its owner can read", () => {
  const environment = asked();
  expect(environment).toEqual({ PULUMI_CONFIG_PASSPHRASE_FILE: made() });
  expect(statSync(made()).mode & 0o777).toBe(0o600);
  const before = readFileSync(made(), "utf8");
  expect(asked()).toEqual(environment);
  expect(readFileSync(made(), "utf8")).toBe(before);
  expect(reported).toHaveLength(1);
});

test("an operator's own is left to Pulumi", () => {
  project.file("own", "secret\n");
  expect(asked({ PULUMI_CONFIG_PASSPHRASE: "x" })).toEqual({});
  expect(asked({ PULUMI_CONFIG_PASSPHRASE_FILE: join(project.path, "own") })).toEqual({});
  expect(existsSync(made())).toBe(false);
});

test.each(["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])("an empty %s is refused", (name) => {
  expect(() => asked({ [name]: "" })).toThrow(new RegExp(`^${name} is empty:[^]*type: unset ${name}$`));
  expect(existsSync(made())).toBe(false);
});

test("a file that is empty, or that is not there, is named", () => {
  project.file("empty", "\n");
  expect(() => asked({ PULUMI_CONFIG_PASSPHRASE_FILE: join(project.path, "empty") })).toThrow("empty is empty");
  expect(() => asked({ PULUMI_CONFIG_PASSPHRASE_FILE: "/none" })).toThrow("There is no file /none");
});

test.each([undefined, ""])("one that is %p is made only where nothing is encrypted with one yet", (text) => {
  if (text !== undefined) project.file(".passphrase", text);
  project.file("Pulumi.base.yaml", "config:\n  scani:tier: base\nencryptionsalt: v1:abc\n");
  expect(() => asked()).toThrow(`${made()} is not there or empty. The secrets of base are`);
  project.file("Pulumi.base.yaml", "config:\n  scani:tier: base\n");
  asked();
  expect(readFileSync(made(), "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
  expect(statSync(made()).mode & 0o777).toBe(0o600);
});

test("one that cannot be read is not called empty", () => {
  mkdirSync(made());
  for (const environment of [{}, { PULUMI_CONFIG_PASSPHRASE_FILE: made() }])
    expect(() => asked(environment)).toThrow(`${made()} cannot be read (EISDIR).`);
});

test("a lost one is not replaced: the file is named, the stacks, and the way home", () => {
  project.file("Pulumi.base.yaml", "config:\n  scani:tier: base\nencryptionsalt: v1:abc\n");
  project.file("Pulumi.tier1.yaml", "config:\n  scani:tier: tier1\n");
  expect(() => asked()).toThrow(
    new RegExp(
      `^There is no passphrase here: [^]*${made()} is not there or empty\\. The secrets of base are[^]*Set PULUMI_CONFIG_PASSPHRASE`,
    ),
  );
  expect(existsSync(made())).toBe(false);
  // A passphrase given in the environment is used.
  expect(asked({ PULUMI_CONFIG_PASSPHRASE: "x" })).toEqual({});
});
