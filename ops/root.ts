import { join } from "node:path";

/** The project's folder: the one that holds Pulumi.yaml. This file is in bin/ops once compiled. */
export const root = join(__dirname, "..", "..");

/** Pulumi's name of the project; settings are `scani:<name>`. */
export const projectName = "scani";
