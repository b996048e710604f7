import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { keepingSettings, putKeptBack } from "../../../../ops/pulumi/keptSettings";
import { withStack } from "../../../../ops/pulumi/workspace";
import { fakeProject } from "./fakePulumi";

const project = fakeProject();

const settings = "config:\n  scani:tier: base\n  scani:soak: 9\n";
const file = (): string => join(project.path, "Pulumi.base.yaml");
const text = (): string => readFileSync(file(), "utf8");
const kept = (): string[] => readdirSync(project.path).filter((name) => name.endsWith(".kept"));

/** Id that no process has: the largest of Linux is 4194304. */
const gone = 4_194_305;

test("settings into which Pulumi fails to write the salt of a new stack stay", async () => {
  project.file("Pulumi.base.yaml", settings);
  project.file("break-stack-init", "");
  const made = withStack(project.context, "base", () => Promise.resolve());
  await expect(made).rejects.toThrow("no space left on device");
  expect([text(), kept()]).toEqual([settings, []]);
});

test("a copy is there while the stack is created, and not after", async () => {
  const path = project.file("Pulumi.base.yaml", settings);
  const during = await keepingSettings(path, async () =>
    kept().map((name) => readFileSync(join(project.path, name), "utf8")),
  );
  expect([during, kept()]).toEqual([[settings], []]);
});

test("what there is nothing of is not kept", async () => {
  expect(await keepingSettings(file(), async () => kept())).toEqual([]);
});

describe("the next command", () => {
  const reported: string[] = [];
  const putBack = (): void => putKeptBack(project.path, (line) => reported.push(line));
  beforeEach(() => reported.splice(0));

  test("puts back what a killed one left empty", () => {
    project.file("Pulumi.base.yaml", "");
    project.file(`Pulumi.base.yaml.${gone}.kept`, settings);
    putBack();
    expect([text(), kept()]).toEqual([settings, []]);
    expect(reported).toEqual([`A killed run of Pulumi left ${file()} empty: its settings have been put back.`]);
  });

  test("leaves what a killed one left whole", () => {
    const whole = `${settings}encryptionsalt: v1:salt\n`;
    project.file("Pulumi.base.yaml", whole);
    project.file(`Pulumi.base.yaml.${gone}.kept`, settings);
    putBack();
    expect([text(), kept(), reported]).toEqual([whole, [], []]);
  });

  test("leaves those of a command that still runs", () => {
    project.file("Pulumi.base.yaml", "");
    const name = `Pulumi.base.yaml.${process.pid}.kept`;
    project.file(name, settings);
    putBack();
    expect([text(), kept(), reported]).toEqual(["", [name], []]);
  });
});
