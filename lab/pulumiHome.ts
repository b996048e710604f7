import { homedir } from "node:os";
import { join } from "node:path";

/** Returns the folder of Pulumi's own files, plugins among them, in this environment. */
export function pulumiHome(environment: NodeJS.ProcessEnv): string {
  return environment.PULUMI_HOME || join(environment.HOME || homedir(), ".pulumi");
}
