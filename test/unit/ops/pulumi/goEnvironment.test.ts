import { goEnvironment } from "../../../../ops/pulumi/goEnvironment";

const GiB = 1024 ** 3;

test("the operator's workspace and flags are not meant for it, the rest of the environment is", () => {
  expect(goEnvironment({ GOFLAGS: "-mod=vendor", GOWORK: "/w", CGO_ENABLED: "1", GOPROXY: "p" }, GiB)).toEqual({
    GOFLAGS: "",
    GOWORK: "off",
    CGO_ENABLED: "0",
    GOPROXY: "p",
  });
});

test("garbage is collected less often only where there is memory for it, and nobody has said how often", () => {
  expect(goEnvironment({}, 8 * GiB - 1).GOGC).toBeUndefined();
  expect(goEnvironment({}, 8 * GiB).GOGC).toBe("400");
  expect(goEnvironment({ GOGC: "50" }, 8 * GiB).GOGC).toBe("50");
});
