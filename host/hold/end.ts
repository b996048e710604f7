import type { Engine } from "../engine/engine";
import type { Watch } from "../engine/containers/ready";
import type { Held } from "../gateway/hold";
import { resumeAll } from "../gateway/resume";
import { containerName } from "../install/names/containerName";
import { forgetStopped } from "../install/stoppedWorkers";
import type { OperatorError } from "../../util/operatorError";
import type { Progress } from "../../util/progress/progress";
import { readEndFacts } from "./endFacts";
import { planEnd } from "./planEnd";

/**
 * Ends a change of base from whatever is true, also after a run that died half way: releases join networks that were
 * created again and, if they run, look base's services up again, also where that run had joined them already; requests
 * are let through, and the worker of what serves starts.
 * @param held undefined where this process holds no requests
 */
export async function endHold(
  engine: Engine,
  install: string,
  held: Held | undefined,
  progress: Progress,
  watch: Watch,
): Promise<void> {
  const gateway = containerName(install, "gateway");
  const run = { engine, progress };
  for (const step of planEnd(await readEndFacts(engine, install))) if (step.isHeld) await step.perform(run, watch);
  if (held === undefined) await resumeAll(engine, gateway);
  else {
    if (held.lost.aborted) progress.note((held.lost.reason as OperatorError).message);
    await progress.step("let the requests through", () => held.release());
  }
  // The gateway writes its routes while requests are held and let through: only now are they sure to be read whole.
  for (const step of planEnd(await readEndFacts(engine, install))) if (!step.isHeld) await step.perform(run, watch);
  await forgetStopped(engine, gateway);
}
