import { beyond, more } from "../../../../lab/plugins/parity/beyondImage";

test("members that the image or the engine set are left out; differing ones are kept whole", () => {
  const bare = { User: "", Entrypoint: ["run"], Restart: { Name: "", Count: 0 } };
  expect(beyond(bare, bare)).toEqual({});
  expect(beyond({ User: "me", Entrypoint: ["sh", "run"], Restart: { Name: "always", Count: 0 } }, bare)).toEqual({
    User: "me",
    Entrypoint: ["sh", "run"],
    Restart: { Name: "always", Count: 0 },
  });
});

test("what was taken away shows", () => {
  expect(beyond({ Entrypoint: ["run"] }, { Entrypoint: ["run"], Cmd: ["x"] })).toEqual({ Cmd: null });
});

test("nothing, null and an empty value are three things", () => {
  expect(beyond({ a: null, b: [], c: "" }, { a: [], b: null, c: null })).toEqual({ a: null, b: [], c: "" });
});

test("more of a list", () => {
  expect(more(["A=1", "B=2"], ["A=1", "C=3"])).toEqual(["B=2"]);
  expect(more(null, ["A=1"])).toEqual([]);
  expect(more(["A=1"], undefined)).toEqual(["A=1"]);
});
