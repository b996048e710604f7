import { join } from "node:path";
import { readJsonIfThere } from "../../../util/files/readJsonIfThere";
import { OperatorError } from "../../../util/operatorError";
import { folder, type Folder } from "../lab/setup/folder";

let place: Folder;
beforeEach(() => {
  place = folder();
});
afterEach(() => place.remove());

const read = () => readJsonIfThere(join(place.path, "config.json"));

test("an object is read, and a file that is not there is none", () => {
  expect(read()).toBeUndefined();
  place.file("config.json", '{"currentContext": "far"}');
  expect(read()).toEqual({ currentContext: "far" });
});

test.each([
  ['{\n  "auths": {"a": {"auth": "c2VjcmV0"}\n  "currentContext": "far"\n}', /config\.json is not valid JSON/],
  ["", /config\.json is not valid JSON/],
  ["{currentContext: far}", /config\.json is not valid JSON/],
  ["[]", /config\.json holds no JSON object/],
  ["null", /config\.json holds no JSON object/],
  ['"c2VjcmV0"', /config\.json holds no JSON object/],
])("%j is named, and not quoted", (text, message) => {
  place.file("config.json", text);
  expect(read).toThrow(OperatorError);
  expect(read).toThrow(message);
  expect(read).not.toThrow("c2VjcmV0");
  expect(read).toThrow("Correct it");
});

test("the line of a mistake is told where Node knows it", () => {
  place.file("config.json", '{\n  "a": 1\n  "b": 2\n}');
  expect(read).toThrow("config.json is not valid JSON (line 3).");
});
