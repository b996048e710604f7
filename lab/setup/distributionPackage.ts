import { mustRun } from "../../ops/pulumi/command";
import { exclusively } from "../../ops/pulumi/exclusively";
import type { Report as Say } from "../../util/progress/progress";
import { which } from "../../util/process/which";

/** A package of the distribution that some tests need. */
export interface DistributionPackage {
  /** Command that is looked for on the PATH. */
  readonly command: string;
  readonly name: string;
  readonly title: string;
  /** Consequence for the tests without it. */
  readonly without: string;
}

/** The browser of the page's tests; without it they are skipped, and counted as such. */
export const chromium: DistributionPackage = {
  command: "chromium",
  name: "chromium",
  title: "Chromium",
  without: "the tests of the page are SKIPPED",
};

/** The server of the tests over ssh; without it they are skipped, and counted as such. */
export const sshServer: DistributionPackage = {
  command: "sshd",
  name: "openssh-server",
  title: "OpenSSH server",
  without: "the tests over ssh are SKIPPED",
};

/** The command that brings up the compose install that the tests adopt. */
export const compose: DistributionPackage = {
  command: "docker-compose",
  name: "docker-compose",
  title: "docker-compose",
  without: "the tests of adopt FAIL",
};

/** Runs apt-get without prompts or recommended packages. @throws Error with its message */
export async function apt(verb: "update" | "install", ...packages: readonly string[]): Promise<void> {
  await mustRun("apt-get", [verb, ...(verb === "install" ? ["-y", "--no-install-recommends", ...packages] : [])], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}

/** Installs a package of the distribution if its command is missing and this process may install it. */
export async function ensurePackage({ command, name, title, without }: DistributionPackage, say: Say): Promise<void> {
  const there = () => which(command, process.env.PATH) !== undefined;
  if (there()) return;
  const canInstall = process.getuid?.() === 0 && which("apt-get", process.env.PATH) !== undefined;
  if (!canInstall) return say(`No ${title} here: ${without}.\n  type, as root: apt-get install ${name}`);
  await exclusively(
    name,
    () => say(`Another run is installing ${title}: waiting for it.`),
    async () => {
      if (there()) return;
      say(`No ${title} here: installing the distribution's (apt-get install ${name}).`);
      await apt("update");
      await apt("install", name).catch((error: Error) =>
        say(`${title} cannot be had here, so ${without}: ${error.message}`),
      );
    },
  );
}
