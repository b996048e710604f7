import { changedInputs } from "../../../provider/inputs";

test("inputs that differ are named; incidental ones and Pulumi's own are not", () => {
  const olds = { install: "a", projectFolder: "/one", containers: { api: "1" }, __defaults: [] };
  expect(changedInputs(olds, { ...olds, projectFolder: "/two", __defaults: ["x"] }, ["projectFolder"])).toEqual([]);
  expect(changedInputs(olds, { ...olds, projectFolder: "/two" })).toEqual(["projectFolder"]);
  expect(changedInputs(olds, { ...olds, install: "b", containers: { api: "2" } }, ["projectFolder"])).toEqual([
    "containers",
    "install",
  ]);
});
