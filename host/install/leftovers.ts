import type { ContainerSummary, Engine } from "../engine/engine";
import { discard } from "../engine/containers/helper";
import { dockerForceRemove, restartDocker } from "../../util/commands";
import { messageOf, type Problem } from "../../util/operatorError";
import { label } from "./names/labels";

/** Service labels of containers that exist only while a command works. */
export const momentary = { preflight: "preflight", files: "files", backup: "backup" } as const;

/** True for a container that exists only while a command works. Pure. */
export function isMomentary({ labels }: Pick<ContainerSummary, "labels">): boolean {
  return Object.values<string | undefined>(momentary).includes(labels[label.service]);
}

/**
 * Removes short-lived containers that killed commands left: they keep networks from being removed until they end by
 * themselves, a backup's after hours. Called under the run lock, so no other command needs them. If one cannot be
 * removed now, the next command removes it.
 */
export async function removeLeftovers(engine: Engine, install: string): Promise<void> {
  const all = await engine.containers({ labels: [`${label.install}=${install}`, label.service], all: true });
  const left = all.filter(isMomentary);
  await Promise.all(left.map(({ id }) => discard(engine, id, { volumes: false })));
}

/**
 * Stops and removes containers that nobody needs; their volumes stay.
 * @returns a problem for each that the engine does not remove: the caller goes on without
 */
export async function removeUnneeded(
  engine: Engine,
  containers: readonly Pick<ContainerSummary, "id" | "name">[],
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { id, name } of containers)
    try {
      await engine.stop(id);
      await engine.remove(id, { force: false, volumes: false });
    } catch (error) {
      problems.push({
        what: `${name} cannot be removed: ${messageOf(error).trim()}`,
        why: "Nothing needs it, so all else goes on. Where the engine does not remove it either, restart the engine:",
        type: [dockerForceRemove(name), restartDocker],
      });
    }
  return problems;
}
