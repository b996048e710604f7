import { ownVariables } from "../../../../../host/handover/preview/previewSwitch";

test("what an image sets is no difference, unless the next release sets it otherwise", () => {
  const ofImage = { HOST: "0.0.0.0", PORT: "3001" };
  expect(ownVariables({ HOST: "0.0.0.0", LOG_LEVEL: "info" }, ofImage, {})).toEqual({ LOG_LEVEL: "info" });
  expect(ownVariables({ HOST: "127.0.0.1" }, ofImage, {})).toEqual({ HOST: "127.0.0.1" });
  expect(ownVariables({ HOST: "0.0.0.0", PORT: "3001" }, ofImage, { PORT: "3002" })).toEqual({ PORT: "3001" });
});

test("what the operator added stands in both, or is a difference", () => {
  const own = { STRIPE_KEY: "one", PATH: "/bin" };
  expect(ownVariables(own, { PATH: "/bin" }, { STRIPE_KEY: "one" })).toEqual({ STRIPE_KEY: "one" });
  expect(ownVariables(own, { PATH: "/bin" }, {})).toEqual({ STRIPE_KEY: "one" });
});

test("of a container whose image is gone only what is set from now on is known to be its own", () => {
  expect(ownVariables({ LOG_LEVEL: "info", PATH: "/bin" }, undefined, { LOG_LEVEL: "debug" })).toEqual({
    LOG_LEVEL: "info",
  });
});
