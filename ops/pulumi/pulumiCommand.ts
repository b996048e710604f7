import type { PulumiCommand } from "@pulumi/pulumi/automation";
import type { Context } from "../context";
import { pulumiCli } from "./pulumiCli";

let found: Promise<PulumiCommand> | undefined;

/** Finds the Pulumi command line, once per process, since each search starts it. */
export function pulumiCommand({ project, report }: Pick<Context, "project" | "report">): Promise<PulumiCommand> {
  return (found ??= pulumiCli(report, project.environment));
}
