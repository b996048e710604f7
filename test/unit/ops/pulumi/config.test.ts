import { chmodSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { replaceSettings, setSettings } from "../../../../ops/pulumi/config";
import { changeOnCopy } from "../../../../ops/pulumi/onCopy";
import { withStack } from "../../../../ops/pulumi/workspace";
import { fakeProject } from "./fakePulumi";

const project = fakeProject();

const old = 'encryptionsalt: v1:salt\nconfig:\n  scani:tier: base\n  scani:LOG_LEVEL: "info"\n';
const file = (): string => join(project.path, "Pulumi.base.yaml");
const text = (): string => readFileSync(file(), "utf8");
/** Change of a plain setting, a secret one and one more plain: as many commands of Pulumi. */
const values = { POSTGRES_PASSWORD: "secret", LOG_LEVEL: "warn", soak: "9" };

beforeEach(() => {
  project.file("Pulumi.base.yaml", old);
  project.file("stack-base", "");
});

test("one change of several commands appears at once: each of them finds the settings as they were", async () => {
  project.file("seen", "");
  chmodSync(file(), 0o600);
  await replaceSettings(project.context, "base", values);
  const seen = readFileSync(join(project.path, "seen"), "utf8").split("--- ").slice(1);
  expect(seen.map((one) => one.split("\n")[0])).toEqual([
    "config --show-secrets",
    "config set",
    "config set",
    "config set-all",
  ]);
  for (const one of seen) expect(one.slice(one.indexOf("\n") + 1)).toBe(old);
  expect(text().startsWith(old)).toBe(true);
  expect(text().slice(old.length).split("\n")).toEqual([
    expect.stringContaining("# config set --secret scani-adopt:former"),
    expect.stringContaining("# config set --secret scani:POSTGRES_PASSWORD"),
    expect.stringContaining("# config set-all --plaintext scani:LOG_LEVEL=warn --plaintext scani:soak=9"),
    "",
  ]);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(readdirSync(project.path).filter((name) => name.startsWith("Pulumi.base"))).toEqual(["Pulumi.base.yaml"]);
});

test.each(["config-set", "config-set-all"])("where %s fails on a full disk, the settings stay", async (command) => {
  project.file(`break-${command}`, "");
  await expect(setSettings(project.context, "base", values)).rejects.toThrow(
    "Pulumi does not change the settings of base: error: no space left on device",
  );
  expect(text()).toBe(old);
});

test("settings that have their value already are not written", async () => {
  const before = statSync(file()).ino;
  await setSettings(project.context, "base", {});
  expect([statSync(file()).ino, text()]).toEqual([before, old]);
});

test("a change by somebody else meanwhile is neither lost nor hidden", async () => {
  const changed = changeOnCopy(file(), async (copy) => {
    writeFileSync(copy, "ours\n");
    writeFileSync(file(), "theirs\n");
    return true;
  });
  await expect(changed).rejects.toThrow(/Pulumi\.base\.yaml was changed by something else meanwhile[^]*Type the same/);
  expect(text()).toBe("theirs\n");
});

test("a copy whose change has failed is dropped", async () => {
  let copied = "";
  await changeOnCopy(file(), async (copy) => {
    copied = copy;
    writeFileSync(copy, "");
    return false;
  });
  expect(text()).toBe(old);
  expect(existsSync(copied)).toBe(false);
});

test("the tier of a stack whose settings lack it is written whole or not at all", async () => {
  const without = "encryptionsalt: v1:salt\nconfig:\n  scani:soak: 9\n";
  project.file("Pulumi.base.yaml", without);
  project.file("break-config-set", "");
  const work = () => withStack(project.context, "base", () => Promise.resolve());
  await expect(work()).rejects.toThrow("no space left on device");
  expect(text()).toBe(without);
});
