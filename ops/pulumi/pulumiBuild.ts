import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "../root";
import { cacheFolder } from "./cache";
import { command, mustRun } from "./command";
import { exclusively } from "./exclusively";
import { goEnvironment } from "./goEnvironment";
import type { Report } from "../../util/progress/progress";

const package_ = "github.com/pulumi/pulumi/pkg/v3";
const unfinishedPrefix = "unfinished-";
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** Returns the version of the command line that a go.mod pins, with its v. Pure. @throws Error when it pins none */
export function pinnedVersion(goMod: string): string {
  const version = new RegExp(`^\\s*(?:require\\s+)?${package_.replaceAll(".", "\\.")}\\s+(v\\S+)`, "m").exec(
    goMod,
  )?.[1];
  if (version === undefined) throw new Error(`go.mod does not pin ${package_}`);
  return version;
}

/** Returns the folder of the built command line, in which it is `bin/pulumi`. */
export function builtPulumi(environment: NodeJS.ProcessEnv): string {
  return join(cacheFolder(environment), `pulumi-${pinnedVersion(readFileSync(join(modules(), "go.mod"), "utf8"))}`);
}

/**
 * Builds the Pulumi command line from Go modules, once: later calls find it in the cache, and of two at the same time
 * one waits.
 * @param go the Go compiler
 * @returns folder with `bin/pulumi`
 * @throws Error with the last lines of the build
 */
export async function buildPulumi(go: string, environment: NodeJS.ProcessEnv, report: Report): Promise<string> {
  const folder = builtPulumi(environment);
  const program = join(folder, "bin", "pulumi");
  await exclusively(
    `build ${folder}`,
    () => report("Another run is building the Pulumi command line: waiting for it."),
    async () => {
      if (await runs(program)) return;
      report("Building the Pulumi command line from Go modules (once; several minutes).");
      mkdirSync(join(folder, "bin"), { recursive: true });
      // Remove what a killed build left; no other one is running.
      for (const name of readdirSync(folder).filter((one) => one.startsWith(unfinishedPrefix)))
        rmSync(join(folder, name), { recursive: true, force: true });
      // Build in the same folder, so that the last step is a rename and a program under its name is always whole.
      const unfinished = mkdtempSync(join(folder, unfinishedPrefix));
      try {
        const version = folder.slice(folder.lastIndexOf("pulumi-") + "pulumi-".length);
        const built = join(unfinished, "pulumi");
        const flags = ["-trimpath", "-buildvcs=false", "-ldflags", `-s -w -X ${versionVariable}=${version}`];
        await mustRun(go, ["build", ...flags, "-o", built, `${package_}/cmd/pulumi`], {
          cwd: modules(),
          env: goEnvironment(environment),
        });
        renameSync(built, program);
      } finally {
        rmSync(unfinished, { recursive: true, force: true });
      }
    },
  );
  return folder;
}

/**
 * True for a program that is there whole: one that was renamed a moment before a loss of power may be cut short. An empty
 * one counts as a script, and ends well.
 */
async function runs(program: string): Promise<boolean> {
  if (!existsSync(program)) return false;
  return command(program, ["version"]).then(
    ({ code, output }) => code === 0 && output.trim() !== "",
    () => false,
  );
}

/** Returns the folder with the pinned go.mod. */
function modules(): string {
  return join(root, "tools", "pulumi");
}
