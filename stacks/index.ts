import * as pulumi from "@pulumi/pulumi";
import { join } from "node:path";
import { readDotenv, resolveSettings, SettingsError, type Settings } from "../infra/settings";
import { baseStack } from "./base";
import { operatorError } from "./operatorError";
import { tierStack } from "./tier";

/** The program of all three stacks: the settings choose which. */
export = async function program(): Promise<Record<string, pulumi.Input<unknown>>> {
  const settings = checkedSettings();
  return settings.kind === "base" ? baseStack(settings) : tierStack(settings, settings.kind);
};

function checkedSettings(): Settings {
  const project = pulumi.getProject();
  try {
    return resolveSettings({
      // Read below pulumi.Config, which prints a warning for every secret that is read to be checked.
      config: (name) => pulumi.runtime.getConfig(`${project}:${name}`),
      environment: process.env,
      dotenv: readDotenv(join(pulumi.getRootDirectory(), ".env")),
    }, pulumi.getStack());
  } catch (error) {
    if (error instanceof SettingsError) throw operatorError(error.message);
    throw error;
  }
}
