import { userInfo, hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { interruptible } from "../engine/interruptible";
import type { Engine } from "../engine/engine";
import { checkInterrupt, isInterrupted, type Watch } from "../engine/ready";
import { describeServing, routedRelease, servingOf, servingSince } from "../install/facts";
import { conflictProblems, conflictsAmong } from "../install/conflicts";
import { record, type Entry } from "../install/journal";
import { removeLeftovers } from "../install/leftovers";
import { readFacts } from "../install/readFacts";
import { pendingIn, readSchema } from "../scani/migrations/pending";
import { carriedFiles } from "../files/words";
import { filesText } from "../install/filesEntry";
import { concurrently } from "../../util/concurrently";
import { upCommand } from "../../util/commands";
import { messageOf, OperatorError } from "../../util/operatorError";
import { Progress, seconds, type Report } from "../../util/progress/progress";
import { createdCandidate } from "./candidate";
import { checkServes } from "./checkServes";
import { withFiles } from "./carryFiles";
import { withBackup } from "./dueBackup";
import { HandoverFailed, type Aftermath } from "./failed";
import type { Order } from "./order";
import { plan, stages, switches } from "./plan";
import type { Step } from "./steps";
import type { Run } from "./steps/step";

/**
 * Milliseconds a call to the engine that is under way gets to end by itself after an interrupt. A worker may drain for
 * half a minute, and is started again only once it has stopped.
 */
const usualGrace = 60_000;

/**
 * Makes the wanted release serve, from whatever is true now. Up to the retirement of the old release every failure of a
 * switch is taken back: the release that served goes on with the same containers. A repair takes nothing back.
 * @param print told every line
 * @param grace milliseconds a call that is under way may go on after an interrupt
 * @param lockAgain takes the install's lock where the gateway, which has it, did not run before
 * @returns the entry it put on record, or undefined when there was nothing to do
 * @throws HandoverFailed, after the way back; whatever was thrown before the first step
 */
export async function perform(
  engine: Engine,
  order: Order,
  print: Report,
  signal: AbortSignal,
  grace: number = usualGrace,
  lockAgain: () => Promise<void> = async () => undefined,
): Promise<Entry | undefined> {
  const { install, wanted } = order;
  const forward = interruptible(engine, signal, grace);
  // Read concurrently with the rest: it is needed first.
  const schema = readSchema(forward, install, wanted.containers.migrate ?? "");
  const pending = schema.then(pendingIn);
  pending.catch(() => undefined);
  const before = await readFacts(forward, install);
  if (before.gateway.state === undefined) throw gatewayGone(before.gateway.name, order.baseStack);
  const conflicts = conflictsAmong(before.services, before.uploads?.bucket);
  if (conflicts.length > 0) throw new OperatorError(conflictProblems(conflicts, install.gateway));
  const candidate = createdCandidate(forward, wanted.containers.migrate as string, () => pending);
  const backedUp = await withBackup(forward, install, order.backups, plan(before, wanted), candidate);
  const { steps, carriage, left } = await withFiles(forward, order, before, backedUp.steps, candidate, signal);
  if (steps.length === 0) return undefined;
  await removeLeftovers(forward, install.name);

  const began = Date.now();
  const progress = new Progress(print);
  const watch: Watch = {
    timeoutSeconds: order.readyTimeout,
    signal,
    waiting: (title, reason) => progress.waiting(title, reason),
  };
  const run: Run = { engine: forward, order, before, candidate, schema, progress, lockAgain, left };
  const from = routedRelease(before);
  const entry = (outcome: Entry["outcome"], why?: string): Entry => ({
    at: new Date(began).toISOString(),
    by: `${userInfo().username}@${hostname()}`,
    from,
    to: { tier: wanted.tier, release: wanted.release },
    outcome,
    why,
    totalMs: Date.now() - began,
    flipMs: run.flip?.tookMs,
    timings: progress.timings,
    files: carriedFiles(carriage, run.left),
  });

  const failedFor = (error: unknown): Entry => entry("failed", messageOf(error).split("\n")[0]);
  /** Puts an entry on record. One that cannot be written makes no failure of a good switch, and hides none of a bad one. */
  const note = (by: Engine, made: Entry): Promise<void> =>
    record(by, install.gateway, made).catch((error: unknown) =>
      progress.note(`the record of this handover could not be written: ${messageOf(error)}`),
    );

  print(
    `Serving now: ${describeServing(servingOf(before), from && servingSince(before, from))}. ${switches(steps) ? "Handing over to" : "Repairing"} ${wanted.tier} (${wanted.release})`,
  );
  /** Steps that were begun, and are undone should a later one fail. */
  const begun: Step[] = [];
  try {
    for (const stage of stages(steps)) {
      checkInterrupt(signal);
      begun.push(...stage);
      await concurrently(stage, signal, (step, interrupted) => step.perform(run, { ...watch, signal: interrupted }));
    }
  } catch (error) {
    const aftermath = switches(steps) && run.retiring !== true ? await takeBack(begun, run, engine, watch) : "left";
    await note(engine, failedFor(error));
    throw new HandoverFailed(error, from, aftermath);
  } finally {
    // It ends by itself, and the next run removes what is left.
    await carriage?.close(engine).catch(() => undefined);
  }
  const { shortcomings } = await checkServes(forward, order).catch(async (error: unknown) => {
    await note(engine, failedFor(error));
    throw new HandoverFailed(error, from, "left");
  });
  for (const { what, of } of shortcomings)
    progress.note(`${what}. type: ${upCommand(of === "release" ? order.stack : order.baseStack)}`);
  const done = entry(run.flip === undefined ? "repaired" : "switched");
  await note(forward, done);
  const carried = done.files && filesText(done.files);
  print(
    `${wanted.tier} serves; ${seconds(done.totalMs)} in all${done.flipMs === undefined ? "" : `, flip ${seconds(done.flipMs)}`}${carried === undefined ? "" : `; ${carried}`}`,
  );
  return done;
}

function gatewayGone(name: string, baseStack: string): OperatorError {
  return new OperatorError({
    what: `There is no gateway (container ${name}), so nothing can be switched. Nothing has been touched.`,
    type: upCommand(baseStack),
  });
}

/** Milliseconds between two tries to point the gateway back. */
const retryInterval = 1_000;

/**
 * Points the gateway back. What kept the new release from serving may keep the old one from it too, as a database that
 * does not answer for a moment does, and pass: so it is tried again for as long as a release may take to be ready.
 * After an interrupt it is tried once.
 * @returns whether the routes are back
 */
async function pointBack(
  flip: Step & { readonly id: "flip" },
  run: Run,
  engine: Engine,
  watch: Watch,
): Promise<boolean> {
  const { progress, order } = run;
  for (const until = Date.now() + order.readyTimeout * 1000; ; await pause(retryInterval)) {
    const failure = await flip.undo(run, engine).then(
      () => undefined,
      (error: unknown) => messageOf(error),
    );
    if (failure === undefined) return true;
    if (isInterrupted(watch.signal) || Date.now() + retryInterval > until) {
      progress.note(`the gateway could not be pointed back: ${failure}`);
      // Some routes may be back already; all of them lead to one release again.
      await flip.redo(run, engine).catch((error: unknown) => progress.note(messageOf(error)));
      return false;
    }
    progress.waiting("gateway", `that it takes the old release again, for ${order.readyTimeout} s at most: ${failure}`);
  }
}

/**
 * Undoes what was done, last step first, but the flip before all else, since a release that fails may be the one that
 * serves. One that fails is reported and does not keep the others from being undone. While the gateway cannot be pointed
 * back nothing else is undone: what it leads to would be stopped.
 */
async function takeBack(begun: readonly Step[], run: Run, engine: Engine, watch: Watch): Promise<Aftermath> {
  const { progress } = run;
  const flip = begun.find((step) => step.id === "flip");
  if (!begun.some((step) => "undo" in step)) return "untouched";
  return progress.step(
    "take back",
    async () => {
      if (flip !== undefined && !(await pointBack(flip, run, engine, watch))) return "not pointed back";
      for (const step of begun.toReversed()) {
        if (!("undo" in step) || step.id === "flip") continue;
        await step
          .undo(run, engine)
          .catch((error: unknown) => progress.note(`could not be taken back: ${messageOf(error)}`));
      }
      return flip === undefined ? "untouched" : "pointed back";
    },
    "take-back",
  );
}
