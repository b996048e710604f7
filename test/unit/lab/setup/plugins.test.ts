import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { findLanguageHost, testLanguageHost } from "../../../../lab/setup/languageHost";
import { packageVersion } from "../../../../lab/packageVersion";
import { findPlugins, officialPlugin, testPlugins } from "../../../../lab/setup/plugins";
import { pulumiEnvironment } from "../../../../lab/setup/prepare";
import { folder, type Folder } from "./folder";

let place: Folder;
beforeEach(() => {
  place = folder();
});
afterEach(() => place.remove());

const version = packageVersion("@pulumi/docker");
const quiet = () => undefined;

describe("an official plugin is found", () => {
  const elsewhere = { PATH: "/usr/bin:/bin" };

  test("on PATH", () => {
    const program = place.program("pulumi-resource-docker", "exit 0");
    expect(officialPlugin("docker", { PATH: place.path, PULUMI_HOME: place.path })).toBe(program);
  });
  test("where Pulumi keeps those it fetched", () => {
    const program = place.program(`plugins/resource-docker-v${version}/pulumi-resource-docker`, "exit 0");
    expect(officialPlugin("docker", { ...elsewhere, PULUMI_HOME: place.path })).toBe(program);
  });
  test("not where Pulumi keeps one of another version", () => {
    place.program("plugins/resource-docker-v0.0.1/pulumi-resource-docker", "exit 0");
    expect(officialPlugin("docker", { ...elsewhere, PULUMI_HOME: place.path })).toBeUndefined();
  });
  test("not when only the test plugin is on PATH", () => {
    expect(officialPlugin("docker", { PATH: testPlugins, PULUMI_HOME: place.path })).toBeUndefined();
  });
  test("PATH is not searched when Pulumi is configured not to", () => {
    place.program("pulumi-resource-docker", "exit 0");
    expect(
      officialPlugin("docker", { PATH: place.path, PULUMI_HOME: place.path, PULUMI_IGNORE_AMBIENT_PLUGINS: "true" }),
    ).toBeUndefined();
  });
  test("not when it is no program", () => {
    place.file("pulumi-resource-docker", "");
    expect(officialPlugin("docker", { PATH: place.path, PULUMI_HOME: place.path })).toBeUndefined();
  });
});

describe("a run uses", () => {
  function both(): NodeJS.ProcessEnv {
    place.program("pulumi-resource-docker", "exit 0");
    place.program("pulumi-resource-random", "exit 0");
    return { PATH: place.path, PULUMI_HOME: place.path };
  }
  /** Environment with a proxy, which counts as internet access, so Pulumi is asked. */
  const reachable = { https_proxy: "http://127.0.0.1:9" };

  test("the official plugins where both are here", async () => {
    expect(await findPlugins("unused", both(), quiet)).toEqual({ official: true });
  });
  test("the test plugins when they are asked for, which is reported", async () => {
    const said: string[] = [];
    expect(await findPlugins("unused", { ...both(), SCANI_TEST_PLUGINS: "1" }, (line) => said.push(line))).toEqual({
      official: false,
      pathAddition: testPlugins,
    });
    expect(said.join()).toContain("test plugins");
  });
  // A process checks only once for internet access, so both cases are in one test.
  test("the official plugins that Pulumi fetches; the test plugins where it cannot", async () => {
    const log = join(place.path, "log");
    const fetches = place.program("fetches", `echo "$PULUMI_HOME: $@" >> ${log}`);
    const said: string[] = [];
    expect(
      await findPlugins(
        fetches,
        {
          ...process.env,
          ...reachable,
          PATH: "/usr/bin:/bin",
          HOME: place.path,
          PULUMI_HOME: "",
          SCANI_TEST_PLUGINS: "",
        },
        (line) => said.push(line),
      ),
    ).toEqual({ official: true });
    expect(readFileSync(log, "utf8").trim().split("\n")).toEqual([
      // Pulumi fetches them into the folder that is searched afterwards.
      `${place.path}/.pulumi: plugin install resource docker ${version}`,
      `${place.path}/.pulumi: plugin install resource random ${packageVersion("@pulumi/random")}`,
    ]);
    expect(said.join()).toContain(`Fetching the official plugin docker ${version}`);
    const cannot = place.program("cannot", "exit 1");
    expect(await findPlugins(cannot, { ...reachable, PATH: "/usr/bin:/bin", PULUMI_HOME: place.path }, quiet)).toEqual({
      official: false,
      pathAddition: testPlugins,
    });
  });
});

describe("raw pulumi runs programs with", () => {
  const elsewhere = { PATH: "/usr/bin:/bin" };
  const testHost = { official: false, pathAddition: testLanguageHost };

  test("the official language host on PATH", () => {
    place.program("pulumi-language-nodejs", "exit 0");
    const said: string[] = [];
    expect(findLanguageHost("pulumi", { PATH: place.path }, (line) => said.push(line))).toEqual({ official: true });
    expect(said).toEqual([`The Node language host is at ${join(place.path, "pulumi-language-nodejs")}.`]);
  });
  test("the official one beside the command line, also where that is a link", () => {
    const pulumi = place.program("real/pulumi", "exit 0");
    place.program("real/pulumi-language-nodejs", "exit 0");
    symlinkSync(pulumi, join(place.path, "pulumi"));
    expect(findLanguageHost(pulumi, elsewhere, quiet)).toEqual({ official: true });
    expect(findLanguageHost("pulumi", { PATH: place.path }, quiet)).toEqual({ official: true });
  });
  test("the test language host where there is none that Pulumi accepts, which is reported", () => {
    const said: string[] = [];
    expect(findLanguageHost("pulumi", { PATH: testLanguageHost }, (line) => said.push(line))).toEqual(testHost);
    expect(said.join()).toContain("the test language host stands in");
    place.program("pulumi-language-nodejs", "exit 0");
    expect(findLanguageHost("pulumi", { PATH: place.path, PULUMI_IGNORE_AMBIENT_PLUGINS: "1" }, quiet)).toEqual(
      testHost,
    );
  });
  test("the test language host when it is asked for", () => {
    place.program("pulumi-language-nodejs", "exit 0");
    expect(findLanguageHost("pulumi", { PATH: place.path, SCANI_TEST_PLUGINS: "1" }, quiet)).toEqual(testHost);
  });
});

describe("Pulumi's environment", () => {
  const official = [{ official: true }] as const;
  const test_ = [{ official: false, pathAddition: "/t" }] as const;
  const mixed = [{ official: true }, { official: false, pathAddition: "/l" }] as const;
  const ambient = { PULUMI_IGNORE_AMBIENT_PLUGINS: "false" };
  test.each([
    ["is the machine's with everything on PATH", "pulumi", official, "/a:/b", { PATH: "/a:/b" }],
    ["has the command line's folder first", "/c/bin/pulumi", official, "/a:/b", { PATH: "/c/bin:/a:/b" }],
    ["has the test plugins before all", "/c/bin/pulumi", test_, "/a:/b", { PATH: "/t:/c/bin:/a:/b", ...ambient }],
    ["has one stand-in without the other", "/c/bin/pulumi", mixed, "/a:/b", { PATH: "/l:/c/bin:/a:/b", ...ambient }],
    [
      "has each once, whatever it was",
      "/c/bin/pulumi",
      test_,
      "/t:/a:/c/bin:/b",
      { PATH: "/t:/c/bin:/a:/b", ...ambient },
    ],
  ])("%s", (_what, program, choices, path, expected) => {
    expect(pulumiEnvironment(program, choices, { PATH: path })).toEqual(expected);
  });
});
