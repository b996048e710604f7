import { ownVariables } from "../../../../host/handover/previewSwitch";

test("what an image sets is no difference, unless the next release sets it otherwise", () => {
  const ofImage = { HOST: "0.0.0.0", PORT: "3001" };
  expect(ownVariables({ HOST: "0.0.0.0", LOG_LEVEL: "info" }, ofImage, {})).toEqual({ LOG_LEVEL: "info" });
  expect(ownVariables({ HOST: "127.0.0.1" }, ofImage, {})).toEqual({ HOST: "127.0.0.1" });
  expect(ownVariables({ HOST: "0.0.0.0", PORT: "3001" }, ofImage, { PORT: "3002" })).toEqual({ PORT: "3001" });
});
