import type { Engine } from "../host/engine/engine";
import { refuseBaseInUse } from "../host/guards/takedown";
import { isLost } from "../host/install/facts";
import { removeLeftovers } from "../host/install/leftovers";
import { isReleaseName } from "../host/install/names/containerName";
import { label } from "../host/install/names/labels";
import type { Tier } from "../settings";

/**
 * Removes what killed commands have left, which would keep base's networks from being removed.
 * @param stack name of base's stack
 * @param downtime true where Scani may be taken down
 * @throws OperatorError where releases are on base; nothing has been touched then
 */
export async function clearBase(engine: Engine, install: string, stack: string, downtime: boolean): Promise<void> {
  if (!downtime) {
    const releases = await engine.containers({ labels: [`${label.install}=${install}`, label.release], all: true });
    refuseBaseInUse(
      releases
        // A lost one is what the engine did not remove when its tier was taken down.
        .filter((one) => !isLost(one) && isReleaseName(one.name, one.labels[label.service] ?? ""))
        .map(({ name, labels }) => ({ name, tier: labels[label.tier] as Tier })),
      stack,
    );
  }
  await removeLeftovers(engine, install);
}
