import type { Engine } from "../host/engine/engine";
import { refuseTakedown } from "../host/guards/takedown";
import { removeContainers } from "../host/hold/begin";
import { unknownOf } from "../host/install/drift/unknown";
import { readFacts, type Install } from "../host/install/readFacts";
import type { Tier } from "../settings";

/**
 * Removes containers of a tier that another tool recreated and no state knows: they would keep the tier's network and
 * base from being removed. Pulumi removes its own afterwards, and does not mind one that is already gone.
 * @param declared containers that Pulumi removes, ids by service
 * @param stack name of the tier's stack
 * @param downtime true where Scani may be taken down
 * @throws OperatorError where the tier migrates or serves; nothing has been touched then
 */
export async function clearTier(
  engine: Engine,
  install: Install,
  declared: { readonly tier: Tier; readonly containers: Readonly<Partial<Record<string, string>>> },
  stack: string,
  downtime: boolean,
): Promise<void> {
  const facts = await readFacts(engine, install);
  refuseTakedown(facts, declared.tier, stack, downtime);
  const own = new Set(Object.values(declared.containers).filter((id) => id !== undefined));
  await removeContainers(
    engine,
    unknownOf(facts.containers, declared.tier, own).map(({ id }) => id),
  );
}
