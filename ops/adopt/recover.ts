import { readOwn, type OwnInstall } from "../../host/adopt/own";
import type { Engine } from "../../host/engine/engine";
import { adoptCommand, upCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import { Progress, seconds } from "../../util/progress/progress";
import type { Context } from "../context";
import { withMachineLock } from "../lock/machineLock";
import { installNameOf } from "../project";
import { stackOutputs } from "../pulumi/stackOutputs";
import { stackOf, stacksOn } from "./stacks";

/**
 * Makes an install Pulumi's again whose state is gone while its containers run: its settings and secrets are read off them
 * and written, encrypted, into the stacks' settings; then base and the tier that served are made anew on the same volumes.
 * Scani is away meanwhile: Docker has no two containers of one name.
 */
export async function recover(context: Context, base: string, { yes }: { readonly yes?: boolean }): Promise<void> {
  await withMachineLock("recovery", base, context.project, async () => {
    const engine = await context.engine(base);
    const install = installNameOf(context.project, base);
    if ((await stackOutputs(context, base))?.sockets !== undefined)
      throw new OperatorError({
        what: `The state of stack ${base} is there, so nothing has to be recovered.`,
        type: upCommand(base),
      });
    const own = await readOwn(engine, install);
    if (own === undefined)
      throw new OperatorError({
        what: `There is no container of the install ${install} on this engine whose settings could be read.`,
        why: "Settings that were written before are in the stacks' settings, and the data is in its volumes:",
        type: upCommand(base),
      });
    const { tier, settings, containers, networks } = own;
    context.report(
      [
        `The state of ${install} is gone, and ${containers.length} containers of it are here. To make them Pulumi's again:`,
        `  1 write what they were made with into the settings, secrets encrypted: ${Object.keys(settings.base).sort().join(", ")}`,
        `  2 remove them and the networks ${networks.join(", ")}; every volume stays`,
        `  3 bring base${tier === undefined ? "" : ` and ${tier}`} up on the volumes`,
        "Scani is away from the second step to the end, for about a minute.",
      ].join("\n"),
    );
    if (!yes) {
      context.report(`Nothing has been touched. To go on:\n  type: ${adoptCommand("--recover", "--yes")}`);
      return;
    }
    const progress = new Progress(context.report);
    const stacks = stacksOn(context, base);
    await progress.step("write the settings, secrets encrypted", async () => {
      await stacks.set("base", settings.base);
      if (tier !== undefined) await stacks.set(tier, settings.tier);
    });
    const began = Date.now();
    await progress.step("remove containers and networks", () => clear(engine, own));
    await progress.step("bring base up", () => stacks.up("base"));
    if (tier !== undefined) await progress.step(`bring ${tier} up`, () => stacks.up(tier));
    context.report(
      `${install} is in the state of ${base}${tier === undefined ? "" : ` and ${stackOf(base, tier)}`} again. It was away for ${seconds(Date.now() - began)}.`,
    );
  });
}

/** Stops everything gently, in this order, and removes it. */
async function clear(engine: Engine, { containers, networks }: OwnInstall): Promise<void> {
  for (const name of containers) {
    await engine.stop(name);
    await engine.remove(name, { force: false, volumes: false });
  }
  for (const name of networks) await engine.removeNetwork(name);
}
