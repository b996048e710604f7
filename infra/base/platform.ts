import * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../../host/install/platform";
import { isGenerated, plainText, platformVariables, type PlatformVariable, type Settings } from "../../settings";
import type { Secrets } from "./secrets";

/** Values of variables that nobody gave, as base derives them. */
export type Derived = Readonly<Partial<Record<PlatformVariable, pulumi.Input<string>>>>;

/** What base hands to every release, as one secret. A given value wins over a derived one. */
export function platformOf(settings: Settings<"base">, secrets: Secrets, derived: Derived): pulumi.Output<Platform> {
  const values = platformVariables.map((name) => [
    name,
    isGenerated(name) ? secrets.get(name) : (plainText(settings[name]) ?? derived[name]),
  ]);
  return pulumi.secret(pulumi.output(Object.fromEntries(values) as { [N in keyof Platform]: pulumi.Input<string> }));
}
