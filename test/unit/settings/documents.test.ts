import { readFileSync } from "node:fs";
import { join } from "node:path";
import { envExample, projectConfig } from "../../../infra/settings/documents";
import { root } from "../../../ops/root";

test(".env.example is what the settings say; if not: npm run documents", () => {
  expect(readFileSync(join(root, ".env.example"), "utf8")).toBe(envExample());
});

test("Pulumi.yaml declares every setting; if not: npm run documents", () => {
  expect(readFileSync(join(root, "Pulumi.yaml"), "utf8")).toContain(projectConfig());
});
