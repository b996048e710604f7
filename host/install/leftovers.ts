import type { ContainerSummary, Engine } from "../engine/engine";
import { dockerForceRemove, restartDocker } from "../../util/commands";
import { messageOf, type Problem } from "../../util/operatorError";
import { label } from "./names/labels";

/** Service labels of containers that exist only while a command works. */
export const momentary = { preflight: "preflight", files: "files" } as const;

/**
 * Removes short-lived containers that killed commands left. If one cannot be removed now, the next command removes it.
 */
export async function removeLeftovers(engine: Engine, install: string): Promise<void> {
  const services: readonly string[] = Object.values(momentary);
  const all = await engine.containers({ labels: [`${label.install}=${install}`, label.service], all: true });
  const left = all.filter(({ labels }) => services.includes(labels[label.service] ?? ""));
  await Promise.all(left.map(({ id }) => engine.remove(id, { volumes: false }).catch(() => undefined)));
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
