import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { pulumiHome } from "../pulumiHome";

/** The operator's own, as it was before any throwaway's was put into the environment of this process. */
const operators = pulumiHome(process.env);

/**
 * Makes a home for Pulumi's own files in a throwaway's folder, with the plugins of the operator's. Pulumi keeps a log
 * of every command in its home, half a gigabyte before it removes any, and each start goes through them all.
 * @returns its path, for PULUMI_HOME
 */
export function layOutPulumiHome(workDir: string): string {
  const home = join(workDir, "pulumi");
  mkdirSync(home);
  const plugins = join(operators, "plugins");
  if (existsSync(plugins)) symlinkSync(plugins, join(home, "plugins"));
  return home;
}
