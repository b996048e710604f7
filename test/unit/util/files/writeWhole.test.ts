import { chmodSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import fs from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../../../../util/files/writeWhole";
import { folder, type Folder } from "../../lab/setup/folder";

let place: Folder;
let file: string;
beforeEach(() => {
  place = folder();
  file = join(place.path, "settings.yaml");
});
afterEach(() => {
  jest.restoreAllMocks();
  place.remove();
});

const text = (): string => readFileSync(file, "utf8");
const modeOf = (path: string): number => statSync(path).mode & 0o777;

test("a file that is not there gets the mode that was asked for, and nothing stays beside it", () => {
  writeWhole(file, "a secret\n", { mode: 0o600 });
  expect(text()).toBe("a secret\n");
  expect(modeOf(file)).toBe(0o600);
  expect(readdirSync(place.path)).toEqual(["settings.yaml"]);
});

test("a file that is there keeps its mode", () => {
  place.file("settings.yaml", "old\n");
  chmodSync(file, 0o640);
  writeWhole(file, "new\n", { mode: 0o600 });
  expect(text()).toBe("new\n");
  expect(modeOf(file)).toBe(0o640);
});

test("a file is replaced, not written into: a reader that has it open goes on reading the old text", () => {
  place.file("settings.yaml", "old\n");
  const opened = fs.openSync(file, "r");
  writeWhole(file, "new\n");
  expect(readFileSync(opened, "utf8")).toBe("old\n");
  fs.closeSync(opened);
});

test("a link goes on naming the file it named", () => {
  const target = place.file("elsewhere/settings.yaml", "old\n");
  symlinkSync(target, file);
  writeWhole(file, "new\n");
  expect(readlinkSync(file)).toBe(target);
  expect(readFileSync(target, "utf8")).toBe("new\n");
  expect(readdirSync(join(place.path, "elsewhere"))).toEqual(["settings.yaml"]);
});

test("an exclusive write refuses a file that is there, and leaves it", () => {
  writeWhole(file, "first\n", { exclusive: true });
  expect(() => writeWhole(file, "second\n", { exclusive: true })).toThrow("EEXIST");
  expect(text()).toBe("first\n");
  expect(readdirSync(place.path)).toEqual(["settings.yaml"]);
  unlinkSync(file);
});

test.each(["openSync", "writeFileSync", "fsyncSync", "renameSync"] as const)(
  "where %s fails, the old text is left and nothing beside it",
  (call) => {
    place.file("settings.yaml", "old\n");
    jest.spyOn(fs, call).mockImplementation(() => {
      throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    });
    expect(() => writeWhole(file, "new\n")).toThrow("no space left on device");
    jest.restoreAllMocks();
    expect(text()).toBe("old\n");
    expect(readdirSync(place.path)).toEqual(["settings.yaml"]);
  },
);

test("on a disk without links an exclusive write still refuses a file that is there", () => {
  jest.spyOn(fs, "linkSync").mockImplementation(() => {
    throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
  });
  writeWhole(file, "first\n", { mode: 0o600, exclusive: true });
  expect(modeOf(file)).toBe(0o600);
  expect(() => writeWhole(file, "second\n", { exclusive: true })).toThrow("EEXIST");
  expect(text()).toBe("first\n");
  expect(readdirSync(place.path)).toEqual(["settings.yaml"]);
});
