import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../../ops/root";
import { keepStateReadable, keptWithoutAttributes, stateFolderOf } from "../../../../ops/pulumi/stateFolder";
import { folder, type Folder } from "../../lab/setup/folder";

let place: Folder;
let lines: string[];
beforeEach(() => {
  place = folder();
  lines = [];
});
afterEach(() => place.remove());

const yaml = (url: string) => `name: scani\nbackend:\n  url: ${url}\nconfig:\n`;
const project = (environment: NodeJS.ProcessEnv = {}) => ({ folder: place.path, environment });
const keep = (environment: NodeJS.ProcessEnv = {}) =>
  keepStateReadable(project(environment), (line) => lines.push(line));

/** Files of a state that were written a minute ago, by their path from its folder. */
function state(at: string, files: Readonly<Record<string, string>>): (name: string) => boolean {
  const path = (name: string) => join(at, ".pulumi", name);
  const then = Date.now() / 1_000 - 60;
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path(name), ".."), { recursive: true });
    writeFileSync(path(name), text);
    utimesSync(path(name), then, then);
  }
  return (name) => existsSync(path(name));
}

test("this module's own project file keeps the state without attributes", () => {
  const text = readFileSync(join(root, "Pulumi.yaml"), "utf8");
  expect(text).toContain("url: file://.?metadata=skip\n");
  expect(keptWithoutAttributes(text)).toBe(text);
});

test("so does one an earlier version made, from the next command on; an operator's own choice stays", () => {
  place.file("Pulumi.yaml", yaml("file://."));
  keep();
  expect(readFileSync(join(place.path, "Pulumi.yaml"), "utf8")).toBe(yaml("file://.?metadata=skip"));
  for (const own of ["file:///srv/state", "s3://mine", "file://~"])
    expect(keptWithoutAttributes(yaml(own))).toBe(yaml(own));
  expect(lines).toEqual([expect.stringContaining("names its state as file://.?metadata=skip now")]);
});

const locks = "locks/organization/scani/base";

test("attributes and locks that a kill left empty are removed, and only they", () => {
  place.file("Pulumi.yaml", yaml("file://.?metadata=skip"));
  const torn = [
    "meta.yaml.attrs",
    "stacks/scani/base.json.attrs",
    `${locks}/1.json.attrs`,
    `${locks}/1.json`,
    `${locks}/2.json.18ff.tmp`,
  ];
  const whole = {
    "stacks/scani/base.json": "{}",
    "stacks/scani/tier1.json.attrs": "{}",
    "stacks/scani/tier1.json": "",
    [`${locks}/3.json`]: "{}",
  };
  const has = state(place.path, { ...Object.fromEntries(torn.map((name) => [name, ""])), ...whole });
  keep();
  expect(torn.filter(has)).toEqual([]);
  expect(Object.keys(whole).filter((name) => !has(name))).toEqual([]);
  expect(lines).toHaveLength(torn.length);
  expect(lines.join()).toContain(join(place.path, ".pulumi", "stacks/scani/base.json.attrs"));
});

test("what somebody is about to write stays", () => {
  place.file("Pulumi.yaml", yaml("file://.?metadata=skip"));
  const name = `${locks}/1.json.18ff.tmp`;
  const has = state(place.path, { [name]: "" });
  utimesSync(join(place.path, ".pulumi", name), new Date(), new Date());
  keep();
  expect(has(name)).toBe(true);
});

test("they are looked for where the state is: the environment's, then the project's; not where it is in no folder", () => {
  const at = (environment: NodeJS.ProcessEnv, url: string) => stateFolderOf(project(environment), yaml(url));
  expect(at({}, "file://.")).toBe(join(place.path, ".pulumi"));
  expect(at({}, "file://state?metadata=skip")).toBe(join(place.path, "state", ".pulumi"));
  expect(at({ PULUMI_BACKEND_URL: "file:///srv/my scani?no_tmp_dir=true" }, "file://.")).toBe("/srv/my scani/.pulumi");
  expect(at({ HOME: "/home/ada" }, "file://~")).toBe("/home/ada/.pulumi");
  expect(at({ HOME: "/home/ada" }, "file://~/scani")).toBe("/home/ada/scani/.pulumi");
  expect(at({ PULUMI_BACKEND_URL: "s3://bucket/x" }, "file://.")).toBeUndefined();
  expect(stateFolderOf(project(), "name: scani\n")).toBeUndefined();
});

test("a state nobody has yet is no error", () => {
  place.file("Pulumi.yaml", yaml("file://.?metadata=skip"));
  keep();
  expect(lines).toEqual([]);
});
