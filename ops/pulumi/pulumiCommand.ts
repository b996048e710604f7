import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { pulumiCli } from "./pulumiCli";

let found: Promise<PulumiCommand> | undefined;

/** The Pulumi command line, looked for once in a process: each look starts it. */
export function pulumiCommand(say: (line: string) => void): Promise<PulumiCommand> {
  return (found ??= pulumiCli(say));
}
