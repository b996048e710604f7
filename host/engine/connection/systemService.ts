import { existsSync } from "node:fs";
import { localHost } from "./remedy";

/** Folder that systemd makes, and nothing else. Source: man sd_booted. */
const systemd = "/run/systemd/system";

/**
 * Returns true for the engine that this machine's systemd runs, which `restartDocker` restarts.
 * @param socketPath the engine's, as dockerode has it
 */
export function isSystemService(
  socketPath: string | undefined,
  isThere: (path: string) => boolean = existsSync,
): boolean {
  return socketPath !== undefined && `unix://${socketPath}` === localHost && isThere(systemd);
}
