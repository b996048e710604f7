import { environmentIn } from "../../../../../host/install/services/environment";

test("variables nobody has set are none", () => {
  expect(environmentIn(["TZ", "A=1", "B=", "C=x=y"])).toEqual({ A: "1", B: "", C: "x=y" });
});
