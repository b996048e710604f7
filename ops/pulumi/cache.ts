import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Returns the folder for files that can be made again: `scani-tiers` under XDG_CACHE_HOME, else under `.cache` in the
 * home folder.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "scani-tiers");
}
