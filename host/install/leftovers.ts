import { statusOf, type ContainerSummary, type Engine } from "../engine/engine";
import { explained } from "../engine/refusal";
import { discard } from "../engine/containers/helper";
import { dockerForceRemove } from "../../util/commands";
import { problemsOf, type Problem } from "../../util/operatorError";
import { label } from "./names/labels";

/** Work of a container that exists only while a command works; its service label. */
const momentary = ["preflight", "files", "backup", "reader", "mover"] as const;

/** Returns the labels of a container that exists only while a command works on an install. Pure. */
export function momentaryLabels(install: string, work: (typeof momentary)[number]): Record<string, string> {
  return { [label.install]: install, [label.service]: work };
}

/** True for a container that exists only while a command works. Pure. */
export function isMomentary({ labels }: Pick<ContainerSummary, "labels">): boolean {
  return (momentary as readonly (string | undefined)[]).includes(labels[label.service]);
}

/** Returns an install's own containers among these, without those that exist only while a command works. Pure. */
export function ownAmong(install: string, containers: readonly ContainerSummary[]): ContainerSummary[] {
  const isOwn = ({ labels }: ContainerSummary) => labels[label.install] === install && label.service in labels;
  return containers.filter((one) => isOwn(one) && !isMomentary(one));
}

/** True for a container that is about to be done by itself, in the midst of what must not be cut short. Pure. */
function isMoving({ labels, state }: ContainerSummary): boolean {
  return labels[label.service] === "mover" && state === "running";
}

/**
 * Removes short-lived containers that killed commands left: they keep networks from being removed until they end by
 * themselves, a backup's after hours. One that is moving data is left to its end, and removed by the next command. Called
 * under the run lock: of the commands without it, a preview and a list of backups then go on without what they were
 * reading. If one cannot be removed now, the next command removes it.
 */
export async function removeLeftovers(engine: Engine, install: string): Promise<void> {
  const all = await engine.containers({ labels: [`${label.install}=${install}`, label.service], all: true });
  const left = all.filter((one) => isMomentary(one) && !isMoving(one));
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
      if (statusOf(error) === undefined) throw error;
      const [{ what, type }] = problemsOf(explained(error, { kind: "container", name }));
      problems.push({
        what: `${name} is left as it is: ${what}`,
        why: "Nothing needs it, so all else goes on. Remove it when the engine lets it go:",
        type: type ?? dockerForceRemove(name),
      });
    }
  return problems;
}
