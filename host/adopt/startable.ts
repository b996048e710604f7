import { networkName } from "../install/network/addresses";
import { howStranded } from "../install/drift/alteration";
import { isLost, isUp } from "../install/facts";
import { composeRecreate, dockerForceRemove } from "../../util/commands";
import type { Problem } from "../../util/operatorError";
import type { AdoptRun } from "./phases/phase";

/**
 * Finds containers of the project's that exist and cannot be started: the engine has failed to remove them, or one of
 * their networks is gone, as after `docker network prune`. Base's own network does not count, which they leave before.
 * @param names those that are to be started
 */
export async function unstartable(
  { engine, install, record, compose }: AdoptRun,
  names: readonly string[],
): Promise<Problem | undefined> {
  const [{ isSwarmWorker }, listed] = await Promise.all([engine.info(), engine.containers({ all: true })]);
  // Networks are listed after the containers, so that one created meanwhile does not look like one that is gone.
  const all = isSwarmWorker ? undefined : await engine.networks([]);
  const own = networkName(install.name, "data");
  const found = listed.flatMap((one) => {
    if (!names.includes(one.name) || isUp(one)) return [];
    const theirs = Object.fromEntries(Object.entries(one.networks).filter(([network]) => network !== own));
    const how = isLost(one) ? `is ${one.state}` : howStranded(theirs, all);
    return how === undefined ? [] : [{ ...one, how }];
  });
  if (found.length === 0) return undefined;
  const lost = found.filter(isLost).map(({ name }) => name);
  const services = new Set(found.flatMap(({ name }) => record.services[name] ?? []));
  return {
    what: `Containers of compose's cannot be started: ${found.map(({ name, how }) => `${name} ${how}`).join("; ")}.`,
    why: "This makes them anew without starting them:",
    type: [...(lost.length === 0 ? [] : [dockerForceRemove(...lost)]), composeRecreate(compose, ...services)],
  };
}
