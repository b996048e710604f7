import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalogue } from "../../../settings";
import { parseDotenv } from "../../../settings/dotenv";
import { envExample, projectConfig } from "../../../settings/documents";
import { flagVariables } from "../../../settings/flags";
import { root } from "../../../ops/root";

test(".env.example is what the settings say; if not: npm run documents", () => {
  expect(readFileSync(join(root, ".env.example"), "utf8")).toBe(envExample());
});

test("Pulumi.yaml declares every setting; if not: npm run documents", () => {
  expect(readFileSync(join(root, "Pulumi.yaml"), "utf8")).toContain(projectConfig());
});

test("every line of .env.example, uncommented, gives what it shows", () => {
  const { values, refused, unset } = parseDotenv(envExample().replace(/^#(?=[A-Z])/gm, ""), {});
  expect([refused, [...unset]]).toEqual([undefined, []]);
  // Every stack reads the file, so a tier in it would be wrong for two of three.
  for (const { variable, fallback, example, secret } of catalogue)
    if (variable === "SCANI_TIER") expect(values).not.toHaveProperty(variable);
    else expect([variable, values[variable]]).toEqual([variable, secret ? "" : (fallback ?? example)]);
});

test("what a line of .env.example shows passes its own check", () => {
  for (const { name, fallback, example, secret, schema } of catalogue)
    if (!secret) expect([name, schema.safeParse(fallback ?? example).error?.message]).toEqual([name, undefined]);
});

test("the flags that are read from a command's environment are all in the operations document", () => {
  const text = readFileSync(join(root, "docs", "operations.md"), "utf8");
  const [paragraph = ""] = /^\w+ variables are read from the environment of a command only[^]*?\n\n/m.exec(text) ?? [];
  expect([...new Set(paragraph.match(/SCANI_\w+/g))].sort()).toEqual([...flagVariables].sort());
  expect(paragraph.startsWith("Four ")).toBe(flagVariables.length === 4);
});
