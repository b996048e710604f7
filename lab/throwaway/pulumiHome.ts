import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { pulumiHome } from "../pulumiHome";

/** The operator's own home, read before any throwaway's is put into the environment of this process. */
const operators = pulumiHome(process.env);

/**
 * Creates a home for Pulumi's own files in a throwaway's folder, with the operator's plugins. Pulumi keeps logs of
 * every command in its home, up to half a gigabyte, and each start goes through them all.
 * @returns its path, for PULUMI_HOME
 */
export function layOutPulumiHome(workDir: string): string {
  const home = join(workDir, "pulumi");
  mkdirSync(home);
  const plugins = join(operators, "plugins");
  if (existsSync(plugins)) symlinkSync(plugins, join(home, "plugins"));
  return home;
}
