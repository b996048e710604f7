import type { PulumiCommand } from "@pulumi/pulumi/automation";
import type { Context } from "../context";
import { pulumiCli } from "./pulumiCli";
import { refuseEmptyState } from "./stateFolder";

let found: Promise<PulumiCommand> | undefined;

/**
 * Finds the Pulumi command line, once per process, since each search starts it.
 * @throws OperatorError where there is none to be had, or a stack's state is empty
 */
export async function pulumiCommand({ project, report }: Pick<Context, "project" | "report">): Promise<PulumiCommand> {
  refuseEmptyState(project);
  return (found ??= pulumiCli(report, project.environment));
}
