import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Variables with which an operator says where the passphrase is. */
const given = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"] as const;

/**
 * Environment that gives Pulumi the passphrase its secrets are encrypted with. Where the operator set none, a file in
 * the project's folder holds one, made at the first use, readable by its owner only and ignored by git.
 * @param say told once, when the file is made
 */
export function passphraseEnvironment(
  folder: string,
  environment: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Record<string, string> {
  if (given.some((name) => environment[name] !== undefined)) return {};
  const file = join(folder, ".passphrase");
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
    say("Made .passphrase, which encrypts the secrets in the state. Keep a copy: without it the state cannot be read.");
  }
  return { PULUMI_CONFIG_PASSPHRASE_FILE: file };
}
