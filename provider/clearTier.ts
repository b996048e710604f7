import type { Engine } from "../host/engine/engine";
import { refuseTakedown } from "../host/guards/takedown";
import { unknownOf } from "../host/install/drift/unknown";
import { removeLeftovers, removeUnneeded } from "../host/install/leftovers";
import { readFacts, type Install } from "../host/install/readFacts";
import type { Tier } from "../settings";
import { renderProblem } from "../util/operatorError";
import type { Context } from "./handler";

/**
 * Removes containers of a tier that another tool recreated and no state knows, and what killed commands have left: they
 * would keep the tier's network and base from being removed. Pulumi removes its own afterwards, and does not mind one
 * that is already gone. One that the engine does not remove is reported: a stopped one keeps no network.
 * @param declared containers that Pulumi removes, ids by service
 * @param downtime true where Scani may be taken down
 * @throws OperatorError where the tier migrates or serves; nothing has been touched then
 */
export async function clearTier(
  engine: Engine,
  install: Install,
  declared: { readonly tier: Tier; readonly containers: Readonly<Partial<Record<string, string>>> },
  { stack, say }: Pick<Context, "stack" | "say">,
  downtime: boolean,
): Promise<void> {
  const facts = await readFacts(engine, install);
  refuseTakedown(facts, declared.tier, stack, downtime);
  const own = new Set(Object.values(declared.containers).filter((id) => id !== undefined));
  await removeLeftovers(engine, install.name);
  const problems = await removeUnneeded(engine, unknownOf(facts.containers, declared.tier, own));
  for (const problem of problems) say(renderProblem(problem));
}
