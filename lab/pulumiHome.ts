import { homedir } from "node:os";
import { join } from "node:path";

/** Where Pulumi keeps its own files, plugins among them, for who runs it in this environment. */
export function pulumiHome(environment: NodeJS.ProcessEnv): string {
  return environment.PULUMI_HOME || join(environment.HOME || homedir(), ".pulumi");
}
