import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  baseStackOf,
  dockerHostOf,
  environmentOf,
  installOf,
  isProject,
  projectAround,
  projectFolder,
  shellNameOf,
  stackNamesOn,
  theBaseOf,
  typedIn,
  usualBaseOf,
} from "../../../ops/project";
import { init, layOutProject, pointedAt } from "../../../ops/init";
import { root } from "../../../ops/root";
import { folder, type Folder } from "../lab/setup/folder";

let place: Folder;
beforeEach(() => {
  place = folder();
  place.file("Pulumi.yaml", "name: scani\nplugins:\n  providers:\n    - name: scani-host\n      path: provider\n");
});
afterEach(() => place.remove());

const project = (environment: NodeJS.ProcessEnv = {}) => ({ folder: place.path, environment });
const settings = (stack: string, ...lines: string[]) =>
  place.file(`Pulumi.${stack}.yaml`, ["config:", ...lines.map((line) => `  ${line}`), ""].join("\n"));

test("an install's name is only the shell's where neither its settings nor .env say it", () => {
  const shell = project({ SCANI_NAME: "scani-2" });
  expect(shellNameOf(project(), "base")).toBeUndefined();
  expect(shellNameOf(shell, "base")).toBe("scani-2");
  settings("base", "scani:name: scani-2");
  expect(shellNameOf(shell, "base")).toBeUndefined();
  place.file(".env", "SCANI_NAME=scani-3\n");
  expect(shellNameOf(project(), "tier1")).toBeUndefined();
});

test("the engine of a stack: its setting, then the environment, then .env", () => {
  expect(dockerHostOf(project(), "base")).toBeUndefined();
  place.file(".env", "DOCKER_HOST=tcp://dotenv:1\n");
  expect(dockerHostOf(project(), "base")).toBe("tcp://dotenv:1");
  expect(dockerHostOf(project({ DOCKER_HOST: "tcp://shell:1" }), "base")).toBe("tcp://shell:1");
  settings("base", "scani:dockerHost: ssh://root@config");
  expect(dockerHostOf(project({ DOCKER_HOST: "tcp://shell:1" }), "base")).toBe("ssh://root@config");
  expect(dockerHostOf(project({ DOCKER_HOST: "tcp://shell:1" }), "tier1")).toBe("tcp://shell:1");
});

test("what Pulumi.yaml says for all stacks comes after the stack's own", () => {
  place.file("Pulumi.yaml", "name: scani\nconfig:\n  scani:name:\n    type: string\n    default: ours\n");
  expect(installOf(project(), "base")).toBe("ours");
  settings("base", "scani:name: mine");
  expect(installOf(project(), "base")).toBe("mine");
});

test("the base of a stack: the one its setting names, else the one its name says", () => {
  expect(baseStackOf(project(), "prod-tier2")).toBe("prod-base");
  settings("prod-tier2", "scani:baseStack: shared");
  expect(baseStackOf(project(), "prod-tier2")).toBe("shared");
  expect(baseStackOf(project({ SCANI_BASE_STACK: "shell" }), "tier1")).toBe("shell");
  expect(baseStackOf(project({ SCANI_BASE_STACK: "shell" }), "base")).toBe("base");
});

test("the base of a command that names none is the one the tiers stand on; of several it must be named", () => {
  expect(theBaseOf(project())).toBe("base");
  settings("prod-tier1", "scani:tier: tier1");
  settings("prod-tier2", "scani:tier: tier2");
  expect(theBaseOf(project())).toBe("prod-base");
  settings("prod-tier2", "scani:baseStack: shared");
  expect(() => theBaseOf(project())).toThrow("The tiers here stand on prod-base, shared.");
  expect(usualBaseOf(project())).toBeUndefined();
  settings("tier1", "scani:tier: tier1");
  expect(theBaseOf(project())).toBe("base");
});

test("the stacks on a base: those whose settings name it, else those its own name says", () => {
  expect(stackNamesOn(project(), "prod-base")).toEqual({
    base: "prod-base",
    tier1: "prod-tier1",
    tier2: "prod-tier2",
  });
  settings("blue-tier1", "scani:baseStack: prod-base");
  expect(stackNamesOn(project(), "prod-base")).toEqual({
    base: "prod-base",
    tier1: "blue-tier1",
    tier2: "prod-tier2",
  });
});

test("a throwaway takes nothing from the operator: no settings, no state, no passphrase", () => {
  const own = { DOCKER_HOST: "tcp://shell:1", PULUMI_BACKEND_URL: "s3://mine", PULUMI_CONFIG_PASSPHRASE: "mine" };
  expect(environmentOf(place.path, own)).toEqual(own);
  settings("base", 'scani-lab:throwaway: "true"');
  expect(environmentOf(place.path, own)).toEqual({ DOCKER_HOST: "tcp://shell:1" });
  expect(dockerHostOf(project(own), "base")).toBeUndefined();
});

test("the project: the folder that is named, else the one typed in or above it, else a checkout's own", () => {
  const other = folder();
  try {
    expect(projectFolder(place.path, other.path)).toBe(place.path);
    expect(projectFolder(undefined, place.path)).toBe(place.path);
    const below = join(place.path, "backups", "old");
    mkdirSync(below, { recursive: true });
    expect(projectFolder(undefined, below)).toBe(place.path);
    expect(projectFolder(undefined, other.path)).toBe(root);
    other.file("Pulumi.yaml", "name: another\n");
    expect(isProject(other.path)).toBe(false);
    expect(projectFolder(undefined, other.path)).toBe(root);
    expect(() => projectFolder(other.path, place.path)).toThrow(`${other.path} has no Pulumi.yaml of this module.`);
    expect(() => projectFolder("none", place.path)).toThrow(join(place.path, "none"));
  } finally {
    other.remove();
  }
});

test("an installed module is no project, whatever it brings along", () => {
  const [home, other] = [folder(), folder()];
  try {
    const file = home.file("node_modules/scani-tiers/Pulumi.yaml", readFileSync(join(root, "Pulumi.yaml"), "utf8"));
    const module = { folder: dirname(file), installed: true };
    // A link to the module's folder counts as the same folder.
    symlinkSync(module.folder, join(other.path, "link"));
    const refusal = `There is no project of this module here: neither ${home.path} nor a folder above it holds its Pulumi.yaml.`;
    expect(() => projectFolder(undefined, home.path, module)).toThrow(refusal);
    expect(() => projectFolder(undefined, home.path, module)).toThrow(/\n {2}type: npx scani-tiers init$/);
    for (const here of [module.folder, join(other.path, "link"), other.path]) {
      expect(() => projectFolder(undefined, here, module)).toThrow("npx scani-tiers init");
      expect(projectAround(here, module)).toBeUndefined();
    }
    expect(() => projectFolder(module.folder, home.path, module)).toThrow("has no Pulumi.yaml of this module");
    // The project the module is installed in is found, also from within the module.
    layOutProject(home.path, module.folder);
    for (const here of [home.path, dirname(module.folder), module.folder])
      expect(projectFolder(undefined, here, module)).toBe(home.path);
  } finally {
    home.remove();
    other.remove();
  }
});

test("npm says where a script of the module's was typed; elsewhere the process's own folder is that", () => {
  expect(typedIn({ INIT_CWD: "/somewhere" }, root)).toBe("/somewhere");
  expect(typedIn({ INIT_CWD: "/somewhere" }, place.path)).toBe(place.path);
  symlinkSync(root, join(place.path, "link"));
  expect(typedIn({ INIT_CWD: "/somewhere" }, join(place.path, "link"))).toBe("/somewhere");
});

test("a file that is no YAML is named", () => {
  writeFileSync(join(place.path, "Pulumi.base.yaml"), "config: [");
  expect(() => dockerHostOf(project(), "base")).toThrow(`${join(place.path, "Pulumi.base.yaml")} is not valid YAML.`);
});

test("an empty Pulumi.yaml is nobody's; another project's stays", () => {
  const said: string[] = [];
  place.file("Pulumi.yaml", "");
  init(place.path, (line) => said.push(line));
  expect(isProject(place.path)).toBe(true);
  place.file("Pulumi.yaml", "name: other\n");
  expect(() => init(place.path, (line) => said.push(line))).toThrow("is another project's");
});

test("a project elsewhere runs this module's program and provider", () => {
  expect(pointedAt("main: bin/stacks/\n  path: provider\n", "node_modules/scani-tiers")).toBe(
    "main: node_modules/scani-tiers/bin/stacks/\n  path: node_modules/scani-tiers/provider\n",
  );
});
