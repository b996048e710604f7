import { delimiter, dirname, isAbsolute, join } from "node:path";
import { downCommand, previewCommand, quoted, statusCommand, upCommand } from "../../util/commands";
import type { Throwaway } from "../throwaway";

/** Variables of an operator's own that would lead Pulumi away from a throwaway's state. */
const misleading = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"] as const;

/**
 * Returns lines to type for an install that a rehearsal leaves up: this module's commands in this module's folder, and
 * raw Pulumi in the install's. Pure.
 * @param pulumi path of the command line, or its bare name where it is on PATH
 * @param environment the operator's
 */
export function keptLines(
  { workDir, url, mailPort }: Pick<Throwaway, "workDir" | "url" | "mailPort">,
  pulumi: string,
  environment: NodeJS.ProcessEnv,
): string[] {
  const unset = misleading.filter((name) => environment[name] !== undefined);
  const exported = [
    `PULUMI_CONFIG_PASSPHRASE_FILE=${quoted(join(workDir, ".passphrase"))}`,
    ...(isAbsolute(pulumi) ? [`PATH=${quoted(dirname(pulumi))}${delimiter}"$PATH"`] : []),
  ];
  return [
    `Left up at ${url} (mail at http://127.0.0.1:${mailPort}); it is removed by the next rehearsal. To play with it, type:`,
    ...[statusCommand(), previewCommand("tier2"), upCommand("tier2"), upCommand("tier1"), downCommand("tier2")].map(
      (command) => `  ${command}`,
    ),
    "or, with Pulumi itself:",
    `  cd ${quoted(workDir)}`,
    ...(unset.length === 0 ? [] : [`  unset ${unset.join(" ")}`]),
    `  export ${exported.join(" ")}`,
    "  pulumi preview --stack tier2",
    "  pulumi up --yes --stack tier2",
  ];
}
