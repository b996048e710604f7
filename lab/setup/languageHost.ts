import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { root } from "../../ops/root";
import { looksOnPath, standInsForced, type Choice } from "./plugins";
import type { Report as Say } from "../../util/progress/progress";
import { which } from "../../util/process/which";

/** Folder with the launcher of the test language host. */
export const testLanguageHost = join(root, "lab", "plugins", "bin", "language");

const program = "pulumi-language-nodejs";

/**
 * Chooses the Node language host, with which raw `pulumi` runs the program in a separate process: the official one,
 * which comes with the official command line, else the test language host. SCANI_TEST_PLUGINS=1 always chooses the
 * latter.
 * @param pulumi path of the Pulumi command line, or its bare name where it is on PATH
 */
export function findLanguageHost(pulumi: string, environment: NodeJS.ProcessEnv, say: Say): Choice {
  const official = officialLanguageHost(pulumi, environment);
  if (official !== undefined && !standInsForced(environment)) {
    say(`The Node language host is at ${official}.`);
    return { official: true };
  }
  say(
    `${official === undefined ? "There is no Node language host here" : "SCANI_TEST_PLUGINS=1"}: the test language host stands in for it (lab/plugins).`,
  );
  return { official: false, pathAddition: testLanguageHost };
}

/** Returns the path of the official one: on PATH, or next to the command line it came with. */
function officialLanguageHost(pulumi: string, environment: NodeJS.ProcessEnv): string | undefined {
  const commandLine = isAbsolute(pulumi) ? pulumi : which(pulumi, environment.PATH);
  const onPath = looksOnPath(environment) ? which(program, environment.PATH, [testLanguageHost]) : undefined;
  return onPath ?? (commandLine && which(program, dirname(realpathSync(commandLine))));
}
