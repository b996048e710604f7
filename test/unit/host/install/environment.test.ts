import { environmentIn } from "../../../../host/install/environment";

test("variables nobody has set are none", () => {
  expect(environmentIn(["TZ", "A=1", "B=", "C=x=y"])).toEqual({ A: "1", B: "", C: "x=y" });
});
