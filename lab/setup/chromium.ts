import { mustRun } from "../../ops/pulumi/command";
import { exclusively } from "../../ops/pulumi/exclusively";
import type { Report as Say } from "../../util/progress/progress";
import { which } from "../../util/process/which";

/**
 * A browser for the tests of the page: the distribution's Chromium, installed where it can be. Without one they are
 * skipped, and counted as such.
 */
export async function ensureChromium(say: Say): Promise<void> {
  const there = () => which("chromium", process.env.PATH) !== undefined;
  if (there()) return;
  const canInstall = process.getuid?.() === 0 && which("apt-get", process.env.PATH) !== undefined;
  if (!canInstall)
    return say("No Chromium here: the tests of the page are SKIPPED.\n  type, as root: apt-get install chromium");
  await exclusively(
    "chromium",
    () => say("Another run is installing Chromium: waiting for it."),
    async () => {
      if (there()) return;
      say("No Chromium here: installing the distribution's (apt-get install chromium).");
      const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
      await mustRun("apt-get", ["update"], { env });
      await mustRun("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], { env }).catch(
        (error: Error) => say(`Chromium cannot be had here, so the tests of the page are SKIPPED: ${error.message}`),
      );
    },
  );
}
