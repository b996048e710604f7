import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { catalogue } from "../../../settings";
import { envExample, projectConfig } from "../../../settings/documents";
import { root } from "../../../ops/root";

test(".env.example is what the settings say; if not: npm run documents", () => {
  expect(readFileSync(join(root, ".env.example"), "utf8")).toBe(envExample());
});

test("Pulumi.yaml declares every setting; if not: npm run documents", () => {
  expect(readFileSync(join(root, "Pulumi.yaml"), "utf8")).toContain(projectConfig());
});

test("every line of .env.example, uncommented, gives what it shows", () => {
  const values = parse(envExample().replace(/^#(?=[A-Z])/gm, ""));
  for (const { variable, fallback, secret } of catalogue)
    if (fallback !== undefined && !secret) expect([variable, values[variable]]).toEqual([variable, fallback]);
  expect(values.CSP_CONNECT_SRC).toBe(catalogue.find(({ name }) => name === "CSP_CONNECT_SRC")?.example);
});
