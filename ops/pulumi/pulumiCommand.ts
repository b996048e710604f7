import type { PulumiCommand } from "@pulumi/pulumi/automation";
import type { Context } from "../context";
import { pulumiCli } from "./pulumiCli";

let found: Promise<PulumiCommand> | undefined;

/** The Pulumi command line, looked for once in a process: each look starts it. */
export function pulumiCommand({ project, report }: Pick<Context, "project" | "report">): Promise<PulumiCommand> {
  return (found ??= pulumiCli(report, project.environment));
}
