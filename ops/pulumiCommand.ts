import { PulumiCommand } from "@pulumi/pulumi/automation";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The Pulumi command line: the one on PATH, else one the Automation API installs into its own folder, once.
 * @throws Error that names both ways when neither is to be had
 */
export async function pulumiCommand(say: (line: string) => void): Promise<PulumiCommand> {
  try {
    return await PulumiCommand.get();
  } catch {
    const folder = join(homedir(), ".pulumi", "versions", "scani");
    try {
      return await PulumiCommand.get({ root: folder });
    } catch {
      say("No Pulumi command line here: installing it (once).");
    }
    try {
      return await PulumiCommand.install({ root: folder });
    } catch (error) {
      throw new Error(`The Pulumi command line is not on PATH and could not be installed: ${(error as Error).message.split("\n")[0]}\n  Install it from https://www.pulumi.com/docs/install/ and run this again.`);
    }
  }
}
