import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../../ops/root";
import { buildPulumi, builtPulumi, pinnedVersion } from "../../../../ops/pulumi/pulumiBuild";
import { folder, type Folder } from "../../lab/setup/folder";

let place: Folder;
let environment: NodeJS.ProcessEnv;
beforeEach(() => {
  place = folder();
  environment = { ...process.env, XDG_CACHE_HOME: place.path };
});
afterEach(() => place.remove());

const pinned = pinnedVersion(readFileSync(join(root, "tools", "pulumi", "go.mod"), "utf8"));

/** Creates a compiler that records its arguments, and writes its output file. */
function compiler(): string {
  return place.program(
    "go",
    `echo "$@" >> ${place.path}/calls; while [ "$1" != -o ]; do shift; done; printf '#!/bin/sh\necho built\n' > "$2"; chmod +x "$2"`,
  );
}

const calls = (): string[] => readFileSync(join(place.path, "calls"), "utf8").trim().split("\n");

test("it is built with its version, from the pinned modules", async () => {
  const built = await buildPulumi(compiler(), environment, () => undefined);
  expect(built).toBe(join(place.path, "scani-tiers", `pulumi-${pinned}`));
  expect(readFileSync(join(built, "bin", "pulumi"), "utf8")).toBe("#!/bin/sh\necho built\n");
  expect(calls()).toEqual([
    expect.stringMatching(new RegExp(`^build .*Version=${pinned} .* github.com/pulumi/pulumi/pkg/v3/cmd/pulumi$`)),
  ]);
});

test("two at once build it once, and one of them says that it waits", async () => {
  const said: string[] = [];
  const go = compiler();
  await Promise.all([
    buildPulumi(go, environment, (line) => said.push(line)),
    buildPulumi(go, environment, (line) => said.push(line)),
  ]);
  expect(calls()).toHaveLength(1);
  expect(said.sort()).toEqual([
    expect.stringContaining("Another run is building"),
    expect.stringContaining("Building the Pulumi command line"),
  ]);
});

test("one that is there is not built again", async () => {
  const go = compiler();
  await buildPulumi(go, environment, () => undefined);
  await buildPulumi(go, environment, (line) => {
    throw new Error(line);
  });
  expect(calls()).toHaveLength(1);
});

test("one that a loss of power has cut short is built again", async () => {
  const go = compiler();
  const program = join(await buildPulumi(go, environment, () => undefined), "bin", "pulumi");
  writeFileSync(program, "");
  await buildPulumi(go, environment, () => undefined);
  expect(calls()).toHaveLength(2);
  expect(readFileSync(program, "utf8")).toContain("echo built");
});

test("a build that fails says why and leaves nothing that looks built", async () => {
  const go = place.program("go", "echo 'no such module' >&2; exit 3");
  await expect(buildPulumi(go, environment, () => undefined)).rejects.toThrow(/ended with 3:\nno such module/);
  expect(existsSync(join(builtPulumi(environment), "bin", "pulumi"))).toBe(false);
  expect(readdirSync(builtPulumi(environment))).toEqual(["bin"]);
});

test("what a killed build left is removed", async () => {
  mkdirSync(join(builtPulumi(environment), "unfinished-abc"), { recursive: true });
  await buildPulumi(compiler(), environment, () => undefined);
  expect(readdirSync(builtPulumi(environment))).toEqual(["bin"]);
});

test("the pinned version is read from go.mod", () => {
  expect(pinnedVersion("module m\n\nrequire github.com/pulumi/pulumi/pkg/v3 v3.1.2\n")).toBe("v3.1.2");
  expect(pinnedVersion("require (\n\tgithub.com/pulumi/pulumi/pkg/v3 v3.1.2\n)\n")).toBe("v3.1.2");
  expect(() => pinnedVersion("module m\n")).toThrow("does not pin");
});
