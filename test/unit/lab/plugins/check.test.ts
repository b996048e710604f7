import { containerProperties } from "../../../../lab/plugins/docker/containerProperties";
import { check, isAutonamed, withName } from "../../../../lab/plugins/protocol/check";

const seed = Buffer.from("0123456789abcdef");

test("what the program declares is taken as it is", () => {
  const inputs = {
    image: "a:1",
    ports: [{ internal: 80, external: 8080, ip: "127.0.0.1", protocol: "tcp" }],
    tmpfs: { "/tmp": "rw" },
  };
  expect(check(containerProperties, inputs)).toEqual({ inputs, failures: [] });
});

test("an unknown value is accepted for any type", () => {
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
  expect(
    check(containerProperties, {
      image: unknown,
      labels: unknown,
      memory: unknown,
      networksAdvanced: [{ name: unknown }],
    }).failures,
  ).toEqual([]);
});

test.each([
  ["a property", { privileged: true }, "privileged is not covered"],
  [
    "a member of an object",
    { healthcheck: { tests: [], onFailure: "restart" } },
    "healthcheck.onFailure is not covered",
  ],
  [
    "a member of a list's object",
    { networksAdvanced: [{ name: "n", ipv6Address: "10.0.0.1" }] },
    "networksAdvanced[0].ipv6Address is not covered",
  ],
  ["a value of another form", { memory: "64" }, "memory is not a number"],
  ["one thing where a list belongs", { envs: "A=1" }, "envs is not a list"],
  ["a list where an object belongs", { tmpfs: ["/tmp"] }, "tmpfs is not an object"],
])("%s that is not covered is refused by its name", (_what, given, words) => {
  const { failures } = check(containerProperties, { image: "a:1", ...given });
  expect(failures).toEqual([expect.stringContaining(words)]);
});

test("a missing required property is reported by its name", () => {
  expect(check(containerProperties, {}).failures).toEqual(["image is missing"]);
});

test("every mistake is reported, and no value of any", () => {
  const { failures } = check(containerProperties, { privileged: "hunter2", envs: "TOKEN=hunter2" });
  expect(failures).toHaveLength(3);
  expect(failures.join()).not.toContain("hunter2");
});

describe("a name nobody gave", () => {
  test("is the resource's with seven hex digits", () => {
    expect(withName({}, "api", {}, seed).name).toMatch(/^api-[0-9a-f]{7}$/);
  });
  test("stays", () => {
    expect(withName({}, "api", { name: "api-1234567" }, seed).name).toBe("api-1234567");
  });
  test("is another for another resource", () => {
    expect(withName({}, "api", {}, seed).name).not.toBe(withName({}, "api", {}, Buffer.from("fedcba9876543210")).name);
  });
  test("is told apart from a name that was given", () => {
    expect(isAutonamed(withName({}, "api", {}, seed))).toBe(true);
    expect(isAutonamed(withName({ name: "mine" }, "api", {}, seed))).toBe(false);
    expect(withName({ name: "mine" }, "api", { name: "api-1234567" }, seed).name).toBe("mine");
  });
});
