import type Docker from "dockerode";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { remnantsInWords, removeInstall } from "./clean";
import { endOrphans } from "./orphans";
import { foldersOf, installOf, isAbandoned, ownerOf, startOf } from "./owner";

/**
 * Removes throwaway installs of a kind whose process is gone. It leaves alone those of living processes, folders of
 * other users, and anything on the engine that is not labelled a throwaway.
 * @param report receives what was removed, and what could not be, which the next sweep tries again
 * @param within folder that contains them
 */
export async function sweep(
  docker: Docker,
  kind: string,
  report: (line: string) => void,
  within = tmpdir(),
): Promise<void> {
  for (const folder of foldersOf(kind, within)) {
    const owner = ownerOf(folder);
    if (owner === undefined) {
      // The process was killed before it recorded itself as owner, and so has created nothing.
      if (isAbandoned(folder)) rmSync(folder, { recursive: true, force: true });
      continue;
    }
    if (startOf(owner.pid) === owner.started) continue;
    const install = installOf(folder);
    await endOrphans(folder);
    const remnants = await removeInstall(docker, install);
    if (remnants.length > 0) {
      report(
        `${install}, which an interrupted run left, cannot be removed whole; the next run tries again: ${remnantsInWords(remnants)}`,
      );
      continue;
    }
    rmSync(folder, { recursive: true, force: true });
    report(`Removed what an interrupted run left: ${install}`);
  }
}
