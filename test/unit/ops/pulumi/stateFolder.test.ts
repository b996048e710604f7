import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../../ops/root";
import {
  keepStateReadable,
  keptWithoutAttributes,
  refuseEmptyState,
  stateFolderOf,
} from "../../../../ops/pulumi/stateFolder";
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
  for (const same of ['"file://."', "'file://.'", "file://. # here"])
    expect(keptWithoutAttributes(yaml(same))).toContain("url: file://.?metadata=skip");
  expect(lines).toEqual([expect.stringContaining("names its state as file://.?metadata=skip now")]);
});

const locks = "locks/organization/scani/base";

test("what a kill left empty and nobody needs is removed, and only that", () => {
  place.file("Pulumi.yaml", yaml("file://.?metadata=skip"));
  const torn = [
    "meta.yaml",
    "meta.yaml.attrs",
    "stacks/scani/base.json.attrs",
    `${locks}/1.json.attrs`,
    `${locks}/1.json`,
    `${locks}/2.json.18ff.tmp`,
  ];
  const whole = {
    "stacks/scani/base.json": "{}",
    "stacks/scani/tier1.json.attrs": "{}",
    "stacks/scani/tier1.json.bak": "",
    [`${locks}/3.json`]: "{}",
  };
  const has = state(place.path, { ...Object.fromEntries(torn.map((name) => [name, ""])), ...whole });
  keep();
  expect(torn.filter(has)).toEqual([]);
  expect(Object.keys(whole).filter((name) => !has(name))).toEqual([]);
  expect(lines).toHaveLength(torn.length);
  expect(lines.join()).toContain(join(place.path, ".pulumi", "stacks/scani/base.json.attrs"));
});

test("a stack's state that is empty is named, with the copy Pulumi keeps, if it has one; not another project's", () => {
  place.file("Pulumi.yaml", yaml("file://.?metadata=skip"));
  const files = { "stacks/scani/base.json": "", "stacks/scani/base.json.bak": "{}", "stacks/scani/tier1.json": "" };
  const has = state(place.path, { ...files, "stacks/website/dev.json": "" });
  keep();
  expect(Object.keys(files).every(has)).toBe(true);
  const path = (name: string) => join(place.path, ".pulumi", "stacks", "scani", name);
  const refused = () => refuseEmptyState(project());
  expect(refused).toThrow(`type: cp ${path("base.json.bak")} ${path("base.json")}`);
  expect(refused).toThrow(`type: rm ${path("tier1.json")}`);
  expect(refused).not.toThrow("website");
  for (const name of ["base.json", "tier1.json"]) writeFileSync(path(name), "{}");
  expect(refused).not.toThrow();
});

test("what somebody is about to write stays", () => {
  place.file("Pulumi.yaml", yaml("file://.?metadata=skip"));
  const name = `${locks}/1.json.18ff.tmp`;
  const has = state(place.path, { [name]: "" });
  utimesSync(join(place.path, ".pulumi", name), new Date(), new Date());
  keep();
  expect(has(name)).toBe(true);
});

test("the state is where its address says, as Pulumi reads it; or in no folder", () => {
  const at = (url?: string) => stateFolderOf(project({ HOME: "/home/ada" }), url);
  expect(at("file://.")).toBe(join(place.path, ".pulumi"));
  expect(at("file://state?metadata=skip")).toBe(join(place.path, "state", ".pulumi"));
  expect(at("file:///srv/my scani?no_tmp_dir=true")).toBe("/srv/my scani/.pulumi");
  expect(at("file:///srv/my%20scani")).toBe("/srv/my scani/.pulumi");
  expect(at("file:///srv/100%")).toBe("/srv/100%/.pulumi");
  expect(at("file://~")).toBe("/home/ada/.pulumi");
  expect(at("file://~/scani")).toBe("/home/ada/scani/.pulumi");
  expect(at("s3://bucket/x")).toBeUndefined();
  expect(at()).toBeUndefined();
});

test("the environment's address of the state comes before the project's", () => {
  place.file("Pulumi.yaml", yaml("s3://bucket/x"));
  const has = state(join(place.path, "mine"), { "meta.yaml.attrs": "" });
  keep();
  expect(has("meta.yaml.attrs")).toBe(true);
  keep({ PULUMI_BACKEND_URL: "file://mine" });
  expect(has("meta.yaml.attrs")).toBe(false);
});

test("a state nobody has yet is no error", () => {
  place.file("Pulumi.yaml", yaml("file://.?metadata=skip"));
  keep();
  expect(lines).toEqual([]);
});
