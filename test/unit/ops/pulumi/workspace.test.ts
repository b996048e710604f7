import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { down } from "../../../../ops/down";
import { preview } from "../../../../ops/preview";
import { closingWords } from "../../../../ops/runCommand";
import { setSettings } from "../../../../ops/pulumi/config";
import { reporting } from "../../../../ops/pulumi/pulumiOutput";
import { runPulumi } from "../../../../ops/pulumi/run";
import { withStack } from "../../../../ops/pulumi/workspace";
import { upCommand } from "../../../../util/commands";
import { fakeProject } from "./fakePulumi";

const printed: string[] = [];
const project = fakeProject((line) => printed.push(line));

const file = (): string => join(project.path, "Pulumi.base.yaml");
const worked = (temporary: boolean, meanwhile: () => void = () => undefined) =>
  withStack(
    project.context,
    "base",
    async () => {
      expect(project.isThere("base")).toBe(true);
      expect(readFileSync(file(), "utf8")).toContain("scani:tier: base");
      meanwhile();
    },
    { temporary },
  );

test("a stack that is made for good stays, with its settings", async () => {
  await worked(false);
  expect(project.isThere("base")).toBe(true);
  expect(readFileSync(file(), "utf8")).toContain("encryptionsalt");
});

test.each([undefined, "config:\n  scani:tier: base\n  scani:LOG_LEVEL: warn\n"])(
  "one that is made for a preview is gone after it, also after a failure, and its settings are as they were: %j",
  async (settings) => {
    if (settings !== undefined) writeFileSync(file(), settings);
    const before = (): string | undefined => (existsSync(file()) ? readFileSync(file(), "utf8") : undefined);
    await worked(true);
    expect([project.isThere("base"), before()]).toEqual([false, settings]);
    const failing = () => {
      throw new Error("wrong settings");
    };
    await expect(worked(true, failing)).rejects.toThrow("wrong settings");
    expect([project.isThere("base"), before()]).toEqual([false, settings]);
  },
);

test("what somebody sets meanwhile stays, and so does a stack somebody brings up meanwhile", async () => {
  const set = () => writeFileSync(file(), `${readFileSync(file(), "utf8")}  scani:soak: "9"\n`);
  await worked(true, set);
  expect(project.isThere("base")).toBe(false);
  expect(readFileSync(file(), "utf8")).toMatch(/encryptionsalt[^]*soak/);
  const brought = () => writeFileSync(join(project.path, "resources"), "");
  writeFileSync(file(), "config: {}\n");
  await worked(true, brought);
  expect(project.isThere("base")).toBe(true);
  expect(readFileSync(file(), "utf8")).toContain("encryptionsalt");
});

test("a stack that was there stays after a preview", async () => {
  await worked(false);
  const settings = readFileSync(file(), "utf8");
  await worked(true);
  expect([project.isThere("base"), readFileSync(file(), "utf8")]).toEqual([true, settings]);
});

test("one whose settings are there and which is not is made, also where that is found out from what was shown", async () => {
  writeFileSync(file(), "encryptionsalt: v1:salt\nconfig:\n  scani:tier: base\n");
  await withStack(project.context, "base", (stack) => reporting(project.context, "base", () => stack.getAllConfig()));
  expect(project.isThere("base")).toBe(true);
});

test("settings Pulumi cannot write are as they were, and its words are said", async () => {
  project.file("refuse-config-set", "");
  const refusal = await setSettings(project.context, "base", { LOG_LEVEL: "warn" }).catch((error: unknown) => error);
  expect(closingWords(refusal)).toBe("Pulumi does not change the settings of base: error: permission denied");
});

describe("of a stack that has been up and whose settings file sets nothing", () => {
  const lose = (text?: string): void => {
    project.file("stack-base", "");
    project.file("outputs", '{"sockets":{}}');
    if (text !== undefined) writeFileSync(file(), text);
  };
  const up = () => withStack(project.context, "base", () => Promise.resolve(), { typed: upCommand("base") });
  const refused = "The settings of stack base are lost";

  test.each([undefined, "", "encryptionsalt: v1:salt\n", "encryptionsalt: v1:salt\nconfig: {}\n"])(
    "the loss is said, with the ways back: %j",
    async (text) => {
      lose(text);
      const refusal = await up().catch((error: unknown) => error);
      expect(closingWords(refusal)).toBe(
        [
          `The settings of stack base are lost: ${file()} sets nothing, and the stack has been up.`,
          "  Put the file back from version control or from your copy. Without one, the first command reads what can be read off the containers; the last goes on with every setting at its default.",
          "  type: npm run adopt -- --recover",
          "  type: SCANI_TRUST_SETTINGS=true npm run up -- base",
        ].join("\n"),
      );
      expect(existsSync(file()) ? readFileSync(file(), "utf8") : undefined).toBe(text);
    },
  );

  test("it goes on where the operator means it, and then needs no word for it", async () => {
    lose("");
    const { environment } = project.context.project;
    Object.assign(environment, { SCANI_TRUST_SETTINGS: "true" });
    await up();
    delete environment.SCANI_TRUST_SETTINGS;
    await up();
    expect(readFileSync(file(), "utf8")).toContain("scani:tier: base");
  });

  test("a preview is refused too, by its own command", async () => {
    lose("");
    await expect(preview(project.context, "base")).rejects.toThrow(
      /are lost: [^]*type: SCANI_TRUST_SETTINGS=true npm run preview -- base$/,
    );
  });

  test("setting them and taking the stack down are not refused", async () => {
    lose();
    expect(await runPulumi(project.context, ["config", "set", "LOG_LEVEL", "warn", "--stack", "base"])).toBe(0);
    rmSync(file());
    await down(project.context, "base").catch((error: unknown) => expect(closingWords(error)).not.toContain(refused));
    expect(readFileSync(join(project.path, "calls"), "utf8")).toContain("destroy");
    // The loss is still known afterwards, to a recovery too.
    expect(existsSync(file())).toBe(false);
    await expect(up()).rejects.toThrow(refused);
  });

  test("one whose settings are in the environment or .env goes on", async () => {
    const { environment } = project.context.project;
    lose();
    // What everyone has, another stack's, and the default change nothing of base.
    Object.assign(environment, { DOCKER_HOST: "unix:///run/docker.sock", SCANI_SOAK: "9", SCANI_NAME: "scani" });
    await expect(up()).rejects.toThrow(refused);
    project.file(".env", "POSTGRES_DB=mine\n");
    await up();
    rmSync(file());
    rmSync(join(project.path, ".env"));
    await expect(up()).rejects.toThrow(refused);
    Object.assign(environment, { SCANI_NAME: "prod" });
    await up();
  });

  test("one that sets something else goes on", async () => {
    lose("encryptionsalt: v1:salt\nconfig:\n  scani:soak: 9\n");
    await up();
  });
});

test.each(["stack-init", "config---show-secrets"])(
  "where Pulumi refuses %s, which is not shown while it runs, its words are said",
  async (command) => {
    project.file(`refuse-${command}`, "");
    const refusal = await setSettings(project.context, "base", { LOG_LEVEL: "warn" }).catch((error: unknown) => error);
    expect(closingWords(refusal)).toBe("Pulumi failed on stack base.\n  error: permission denied");
  },
);

test("taking down what is not there makes nothing, and says so", async () => {
  await expect(down(project.context, "prod-tier1")).rejects.toThrow(
    /^There is no stack prod-tier1, so there is nothing to take down\. This lists the stacks there are:\n {2}type: npm run pulumi -- stack ls$/,
  );
  expect(project.isThere("prod-tier1")).toBe(false);
  expect(existsSync(join(project.path, "Pulumi.prod-tier1.yaml"))).toBe(false);
  expect(readFileSync(join(project.path, "calls"), "utf8")).not.toMatch(/init|destroy|config/);
});
