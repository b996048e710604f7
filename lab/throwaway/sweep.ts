import type Docker from "dockerode";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { removeInstall } from "./clean";
import { endOrphans } from "./orphans";
import { foldersOf, isOld, ownerOf, startOf } from "./owner";

/**
 * Removes throwaway installs of a kind whose process is gone. Those of processes that live are left alone.
 * @param say told what was removed; and what the engine does not let go, which is tried again next time
 * @param within folder they are in
 */
export async function sweep(
  docker: Docker,
  kind: string,
  say: (line: string) => void,
  within = tmpdir(),
): Promise<void> {
  for (const folder of foldersOf(kind, within)) {
    const owner = ownerOf(folder);
    if (owner === undefined) {
      // Killed before it could say whose it is; nothing has been made by then.
      if (isOld(folder)) rmSync(folder, { recursive: true, force: true });
      continue;
    }
    if (startOf(owner.pid) === owner.started) continue;
    await endOrphans(folder);
    const kept = await removeInstall(docker, owner.install);
    if (kept.length > 0) {
      say(
        `${owner.install}, which an interrupted run left, cannot be removed whole; the next run tries again: ${kept.join("; ")}`,
      );
      continue;
    }
    rmSync(folder, { recursive: true, force: true });
    say(`Removed what an interrupted run left: ${owner.install}`);
  }
}
