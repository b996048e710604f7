import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../../ops/root";

/** Lines added to a copy of the project, each after an existing line: one for each variable in each file. */
const added: Readonly<Record<string, readonly (readonly [after: string, line: string])[]>> = {
  "settings/table.ts": [
    ["const release = {", '  NEW_SETTING: { stacks: tiers, schema: s.text, example: "production", describe: "New." },'],
    [
      "const platform = {",
      '  NEW_SECRET: { stacks: base, ...secret(40), example: "a key", describe: "New as well." },',
    ],
  ],
  "infra/release/environment.ts": [
    ["    SENTRY_DSN: settings.SENTRY_DSN,", "    NEW_SETTING: settings.NEW_SETTING,"],
    ["      COOKIE_DOMAIN: platform.COOKIE_DOMAIN,", "      NEW_SECRET: platform.NEW_SECRET,"],
  ],
};

/** Script that prints where the new variables, given in the environment, arrive. */
const script = `
  const { resolveSettings, platformVariables, plainText } = require("./settings");
  const { envExample, projectConfig } = require("./settings/documents");
  const { environments } = require("./infra/release/environment");
  const resolve = (tier) => resolveSettings({ config: (name) => ({ tier })[name], environment: process.env, dotenv: {} }, tier);
  const base = resolve("base");
  const platform = Object.fromEntries(platformVariables.map((name) => [name, plainText(base[name]) ?? "http://x"]));
  const { api } = environments(resolve("tier1"), platform);
  console.log(JSON.stringify({
    documents: [envExample(), projectConfig()].map((text) => ["NEW_SETTING", "NEW_SECRET"].every((name) => text.includes(name))),
    settings: [resolve("tier1").NEW_SETTING, String(base.NEW_SECRET)],
    api: { NEW_SETTING: api.NEW_SETTING, NEW_SECRET: api.NEW_SECRET },
  }));`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "scani-new-variable-"));
  for (const part of ["util", "settings", "host", "infra", "tsconfig.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Adds lines to a file of the copy, each after an existing line. */
function add(file: string, lines: readonly (readonly [after: string, line: string])[]): void {
  const text = lines.reduce(
    (before, [after, line]) => {
      expect(before.split(`${after}\n`)).toHaveLength(2);
      return before.replace(`${after}\n`, `${after}\n${line}\n`);
    },
    readFileSync(join(folder, file), "utf8"),
  );
  writeFileSync(join(folder, file), text);
}

/** Compiles the code that makes a release's environment, with type checks. @returns the compiler's output */
function compile(): string {
  const files = ["infra/release/environment.ts", "settings/documents.ts"];
  writeFileSync(
    join(folder, "copy.json"),
    JSON.stringify({
      extends: "./tsconfig.json",
      compilerOptions: { outDir: ".", incremental: false, tsBuildInfoFile: null, types: ["node"] },
      include: [],
      files,
    }),
  );
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  return spawnSync(process.execPath, [compiler, "-p", "copy.json"], { cwd: folder, encoding: "utf8" }).stdout;
}

test("a new variable of Scani's is one line in the table and one in the environment", () => {
  for (const [file, lines] of Object.entries(added)) add(file, lines);
  expect(compile()).toBe("");
  const key = "k".repeat(43);
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], {
    cwd: folder,
    encoding: "utf8",
    env: { NEW_SETTING: "home", NEW_SECRET: key },
  });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    documents: [true, true],
    settings: ["home", "(secret)"],
    api: { NEW_SETTING: "home", NEW_SECRET: key },
  });
});
