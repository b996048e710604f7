import { join } from "node:path";
import { pulumiHome } from "../pulumiHome";
import { root } from "../../ops/root";
import { command } from "../../ops/pulumi/command";
import { packageVersion } from "../packageVersion";
import { pulumiReachable } from "../../ops/pulumi/reach";
import type { Report as Say } from "../../util/progress/progress";
import { which } from "../../util/process/which";

/** Folder with the launchers of the test plugins. */
export const testPlugins = join(root, "lab", "plugins", "bin", "resource");

/** Choice between an official part and its stand-in. */
export type Choice =
  | { readonly official: true }
  /** The folder goes first on the PATH of every Pulumi process. */
  | { readonly official: false; readonly pathAddition: string };

/** The plugins the program needs; each SDK has its plugin's version. */
const needed = [
  { name: "docker", sdk: "@pulumi/docker" },
  { name: "random", sdk: "@pulumi/random" },
] as const;

export type PluginName = (typeof needed)[number]["name"];

/** Milliseconds Pulumi may take to fetch a plugin. */
const fetchLimit = 120_000;

/**
 * Chooses the official plugins, found or fetched, else the test plugins. SCANI_TEST_PLUGINS=1 always chooses the test
 * plugins.
 * @param pulumi the Pulumi command line
 */
export async function findPlugins(pulumi: string, environment: NodeJS.ProcessEnv, say: Say): Promise<Choice> {
  if (standInsForced(environment)) {
    say("SCANI_TEST_PLUGINS=1: the test plugins stand in for the official ones (lab/plugins).");
    return { official: false, pathAddition: testPlugins };
  }
  if (await officialPlugins(pulumi, environment, say)) return { official: true };
  say("The official plugins cannot be had here: the test plugins stand in for them (lab/plugins).");
  return { official: false, pathAddition: testPlugins };
}

/** Returns true when the operator wants the stand-ins even if the official parts exist. */
export function standInsForced(environment: NodeJS.ProcessEnv): boolean {
  return environment.SCANI_TEST_PLUGINS === "1";
}

/** Returns true when both official plugins are on this machine, fetched by Pulumi if necessary. */
async function officialPlugins(pulumi: string, environment: NodeJS.ProcessEnv, say: Say): Promise<boolean> {
  const missing = needed.filter(({ name }) => officialPlugin(name, environment) === undefined);
  if (missing.length === 0) {
    say(`Official plugins: ${needed.map(({ name }) => name).join(" and ")} are here.`);
    return true;
  }
  if (!(await pulumiReachable(environment))) return false;
  // Set the home explicitly, since Pulumi may use the home in the machine's list of users if HOME names another.
  const env = { ...environment, PULUMI_HOME: pulumiHome(environment) };
  for (const { name, sdk } of missing) {
    say(`Fetching the official plugin ${name} ${packageVersion(sdk)} (once).`);
    const { code } = await command(pulumi, ["plugin", "install", "resource", name, packageVersion(sdk)], {
      env,
      limit: fetchLimit,
    });
    if (code !== 0) return false;
  }
  return true;
}

/** Returns the path of an official plugin: on PATH, or among those Pulumi has fetched. */
export function officialPlugin(name: PluginName, environment: NodeJS.ProcessEnv): string | undefined {
  const program = `pulumi-resource-${name}`;
  const version = packageVersion(needed.find((one) => one.name === name)?.sdk as string);
  const fetched = join(pulumiHome(environment), "plugins", `resource-${name}-v${version}`);
  return (
    (looksOnPath(environment) ? which(program, environment.PATH, [testPlugins]) : undefined) ?? which(program, fetched)
  );
}

/** Returns false when Pulumi is told to use no plugin from PATH. */
export function looksOnPath(environment: NodeJS.ProcessEnv): boolean {
  return !/^(1|true)$/i.test(environment.PULUMI_IGNORE_AMBIENT_PLUGINS ?? "");
}
