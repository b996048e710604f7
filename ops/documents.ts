import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { envExample, projectConfig } from "../settings/documents";
import { root } from "./root";

/** Writes the documentation of the settings: `.env.example` and the `config:` block of Pulumi.yaml, its last. */
export function writeDocuments(folder: string = root): void {
  writeFileSync(join(folder, ".env.example"), envExample());
  const file = join(folder, "Pulumi.yaml");
  const before = readFileSync(file, "utf8").split(/^config:$/m)[0] ?? "";
  writeFileSync(file, before + projectConfig());
}
