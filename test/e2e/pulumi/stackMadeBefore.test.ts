import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contextOf, outputFor, type Context } from "../../../ops/context";
import { withStack, type StackOptions } from "../../../ops/pulumi/workspace";
import { keepStateReadable } from "../../../ops/pulumi/stateFolder";
import { hasKey } from "../../../ops/pulumi/salt";
import { settingsFile } from "../../../stacks/stackNames";
import { folder, type Folder } from "../../unit/lab/setup/folder";

/** A stack on a second machine, which shares the state and whose settings are from before the stack was created. */

let project: Folder;
let context: Context;
beforeEach(() => {
  project = folder();
  project.file("Pulumi.yaml", "name: scani\nruntime: nodejs\n");
  mkdirSync(join(project.path, "state"));
  const own = { PULUMI_BACKEND_URL: `file://${project.path}/state`, PULUMI_CONFIG_PASSPHRASE: "of this test" };
  context = contextOf(
    { folder: project.path, environment: { ...process.env, ...own } },
    outputFor({}, () => undefined),
  );
});
afterEach(() => project.remove());

const versions = (options?: StackOptions) =>
  withStack(
    context,
    "base",
    async (stack) => [
      (await stack.exportStack()).version,
      (await stack.workspace.listStacks()).map(({ name }) => name),
    ],
    options,
  );

// Each test starts Pulumi several times.
jest.setTimeout(30_000);

test("an existing stack is used as it is", async () => {
  const made = await versions();
  expect(made).toEqual([3, ["base"]]);
  expect(hasKey("base", project.path)).toBe(true);
  rmSync(settingsFile(project.path, "base"));
  expect(await versions()).toEqual(made);
});

test("a stack whose state was removed is created again, and the command on it runs once more", async () => {
  await versions();
  rmSync(join(project.path, "state"), { recursive: true });
  mkdirSync(join(project.path, "state"));
  expect(await versions()).toEqual([3, ["base"]]);
});

test("one that is made for a while is gone afterwards, with its settings, and can be made again", async () => {
  for (const options of [{ temporary: true }, { temporary: true }, undefined])
    expect(await versions(options)).toEqual([3, ["base"]]);
  rmSync(join(project.path, "state"), { recursive: true });
  mkdirSync(join(project.path, "state"));
  rmSync(settingsFile(project.path, "base"));
  await versions({ temporary: true });
  expect(existsSync(settingsFile(project.path, "base"))).toBe(false);
});

test.each([
  ["meta.yaml.attrs", /EOF/],
  ["stacks/scani/base.json.attrs", /EOF/],
  ["locks/organization/scani/base/1.json.18ff.tmp", /unexpected end of JSON input/],
])("%s that a kill has left empty makes Pulumi fail, and is removed", async (name, said) => {
  const imported = () => withStack(context, "base", async (stack) => stack.importStack(await stack.exportStack()));
  await imported();
  const path = join(project.path, "state", ".pulumi", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  const before = new Date(Date.now() - 60_000);
  utimesSync(path, before, before);
  await expect(imported()).rejects.toThrow(said);
  keepStateReadable(context.project, () => undefined);
  await imported();
});
