import { PulumiCommand } from "@pulumi/pulumi/automation";
import { homedir } from "node:os";
import { join } from "node:path";
import { lastLines } from "./command";
import { buildPulumi, builtPulumi } from "./pulumiBuild";
import { pulumiReachable } from "./reach";
import type { Report } from "../../util/progress/progress";
import { OperatorError } from "../../util/operatorError";
import { which } from "../../util/process/which";

/** Folder the Automation API's installer puts the command line in. */
const installed = join(homedir(), ".pulumi", "versions", "scani");

/**
 * Finds the Pulumi command line, or gets it: the one on PATH, else one that was installed or built here before, else
 * installed by the Automation API, else built from Go modules.
 * @throws OperatorError that says what was tried and what to do
 */
export async function pulumiCli(report: Report, environment: NodeJS.ProcessEnv): Promise<PulumiCommand> {
  const there =
    (await usable({})) ?? (await usable({ root: installed })) ?? (await usable({ root: builtPulumi(environment) }));
  if (there !== undefined) {
    report(
      `Pulumi ${there.version} is at ${there.command === "pulumi" ? which("pulumi", environment.PATH) : there.command}.`,
    );
    return there;
  }
  const tried: string[] = [];
  if (await pulumiReachable(environment)) {
    report("No Pulumi command line here: installing it (once).");
    try {
      return await PulumiCommand.install({ root: installed });
    } catch (error) {
      tried.push(`its installer failed: ${lastLines((error as Error).message, 1)[0]}`);
    }
  } else {
    tried.push("Pulumi's downloads cannot be reached");
  }
  const go = which("go", `${environment.PATH}:/usr/local/go/bin`);
  if (go === undefined) {
    tried.push("there is no Go to build it with");
  } else {
    return PulumiCommand.get({ root: await buildPulumi(go, environment, report) });
  }
  throw new OperatorError({
    what: `The Pulumi command line is not here: ${tried.join(", and ")}.`,
    why: "Install it (https://www.pulumi.com/docs/install/) and run this again.",
  });
}

async function usable(options: { root?: string }): Promise<PulumiCommand | undefined> {
  return PulumiCommand.get(options).catch(() => undefined);
}
