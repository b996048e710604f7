import { setTimeout as pause } from "node:timers/promises";
import { interruptible } from "../engine/interruptible";
import type { Engine } from "../engine/engine";
import { checkInterrupt, isInterrupted, type Watch } from "../engine/containers/ready";
import { describeServing, routedRelease, servingOf, servingSince, type Served } from "../install/facts";
import { conflictProblems, conflictsAmong } from "../install/drift/conflicts";
import type { Entry } from "../install/journal";
import { removeLeftovers } from "../install/leftovers";
import { readFacts } from "../install/readFacts";
import { pendingIn, readSchema } from "../scani/migrations/pending";
import type { Carriage } from "../files/carriage";
import { lostJobsLine } from "../files/words";
import { filesText, pluralFiles } from "../install/filesEntry";
import { Deadline } from "../../util/deadline";
import { concurrently } from "../../util/concurrently";
import { upCommand } from "../../util/commands";
import { messageOf, OperatorError } from "../../util/operatorError";
import { Progress, seconds, type Report } from "../../util/progress/progress";
import { GatewaySilent } from "./answeredFacts";
import { createdCandidate } from "./candidate";
import { checkServes } from "./checkServes";
import { withFiles } from "./carryFiles";
import { withBackup } from "./dueBackup";
import { HandoverFailed, type Aftermath } from "./failed";
import type { Order } from "./order";
import { plan, stages, switches } from "./plan";
import { HandoverRecord } from "./record";
import type { Step } from "./steps";
import { NoWayBack } from "./steps/gateway";
import type { Run } from "./steps/step";

/**
 * Milliseconds an engine call in progress gets to end by itself after an interrupt. A worker may drain for half a
 * minute, and is started again only once it has stopped.
 */
const usualGrace = 60_000;

/**
 * Makes the wanted release serve, from whatever is true now. Until the old release is being retired, a switch that
 * fails is undone: the release that served goes on with the same containers. A repair undoes nothing.
 * @param report called with every line
 * @param grace milliseconds a call in progress may go on after an interrupt
 * @param lockAgain takes the install's lock where the gateway, which holds it, did not run before
 * @returns the journal entry it wrote, or undefined when there was nothing to do
 * @throws HandoverFailed, after undoing the steps; any error thrown before the first step
 */
export async function perform(
  engine: Engine,
  order: Order,
  report: Report,
  signal: AbortSignal,
  grace: number = usualGrace,
  lockAgain: () => Promise<void> = async () => undefined,
): Promise<Entry | undefined> {
  const { install, wanted } = order;
  const forward = interruptible(engine, signal, grace);
  const { steps, carriage, known } = await prepare(forward, order, signal);
  if (steps.length === 0) return undefined;
  await removeLeftovers(forward, install.name);

  const run: Run = { ...known, progress: new Progress(report), lockAgain };
  const handoverRecord = new HandoverRecord(run, carriage);
  const from = routedRelease(run.before);
  report(
    `Serving now: ${describeServing(servingOf(run.before), from && servingSince(run.before, from))}. ${switches(steps) ? "Handing over to" : "Repairing"} ${wanted.tier} (${wanted.release})`,
  );
  const lostJobs = run.left && lostJobsLine(run.left);
  if (lostJobs !== undefined) run.progress.note(`${pluralFiles(run.left?.files ?? 0)} stay; ${lostJobs}`);
  let served: Served;
  try {
    served = await carryOut(steps, run, engine, signal);
    await carriage
      ?.finish()
      .catch((error: unknown) => run.progress.note(`the record of files could not be ended: ${messageOf(error)}`));
  } catch (error) {
    await handoverRecord.write(engine, "failed", error);
    throw error;
  } finally {
    await carriage?.close(engine);
  }
  for (const { what, of } of served.shortcomings)
    run.progress.note(`${what}. type: ${upCommand(of === "release" ? order.stack : order.baseStack)}`);
  const done = await handoverRecord.write(forward, run.flip === undefined ? "repaired" : "switched");
  const carried = done.files && filesText(done.files);
  report(
    `${wanted.tier} serves; ${seconds(done.totalMs)} in all${done.flipMs === undefined ? "" : `, flip ${seconds(done.flipMs)}`}${carried === undefined ? "" : `; ${carried}`}`,
  );
  return done;
}

/** Steps of a handover, and the data read for them. */
interface Prepared {
  readonly steps: readonly Step[];
  readonly carriage?: Carriage;
  readonly known: Omit<Run, "progress" | "lockAgain">;
}

/** Reads the facts and makes the plan from them. @throws OperatorError where nothing can be planned */
async function prepare(engine: Engine, order: Order, signal: AbortSignal): Promise<Prepared> {
  const { install, wanted } = order;
  // Started before the other reads, since it is needed first.
  const schema = readSchema(engine, install, wanted.containers.migrate ?? "");
  const pending = schema.then(pendingIn);
  pending.catch(() => undefined);
  const before = await readFacts(engine, install);
  if (before.gateway.state === undefined) throw gatewayGone(before.gateway.name, order.baseStack);
  const conflicts = conflictsAmong(before.services, before.uploads?.bucket);
  if (conflicts.length > 0) throw new OperatorError(conflictProblems(conflicts, install.gateway));
  const candidate = createdCandidate(engine, wanted.containers.migrate as string, () => pending);
  const backedUp = await withBackup(engine, install, order.backups, plan(before, wanted), candidate);
  const planned = { order, facts: before, steps: backedUp.steps, candidate };
  const { steps, carriage, left } = await withFiles(engine, planned, signal);
  return { steps, carriage, known: { engine, order, before, candidate, schema, left } };
}

/**
 * Carries out the steps and checks that the release serves.
 * @param engine without interrupts, for undoing the steps
 * @throws HandoverFailed, after undoing the steps
 */
async function carryOut(steps: readonly Step[], run: Run, engine: Engine, signal: AbortSignal): Promise<Served> {
  const { order, progress } = run;
  const watch: Watch = {
    timeoutSeconds: order.readyTimeout,
    signal,
    waiting: (title, reason) => progress.waiting(title, reason),
  };
  /** Steps that were begun; undone if a later one fails. */
  const begun: Step[] = [];
  try {
    for (const stage of stages(steps)) {
      checkInterrupt(signal);
      begun.push(...stage);
      await concurrently(stage, signal, (step, interrupted) => step.perform(run, { ...watch, signal: interrupted }));
    }
  } catch (error) {
    const aftermath = goesBack(error, steps, run) ? await takeBack(begun, run, engine, watch) : "left";
    throw new HandoverFailed(error, routedRelease(run.before), aftermath);
  }
  return checkServes(run.engine, order, watch).catch((error: unknown) => {
    throw new HandoverFailed(error, routedRelease(run.before), "left");
  });
}

/**
 * Returns true where a failure must be undone: in a switch, until the release that served before is being stopped. Once
 * the routes are flipped, a gateway that does not answer is no evidence against the new release. Pure.
 */
function goesBack(error: unknown, steps: readonly Step[], { retiring, flip }: Run): boolean {
  const unknown = error instanceof GatewaySilent && flip !== undefined;
  return switches(steps) && retiring !== true && !unknown;
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
 * Points the gateway back. A fault that kept the new release from serving may affect the old one too and pass, such as
 * a database that does not answer for a moment, so it is tried again for as long as a release may take to be ready.
 * After an interrupt it is tried once.
 * @returns true if the routes are back
 */
async function pointBack(
  flip: Step & { readonly id: "flip" },
  run: Run,
  engine: Engine,
  watch: Watch,
): Promise<boolean> {
  const { progress, order } = run;
  for (const deadline = new Deadline(order.readyTimeout * 1000); ; await pause(retryInterval)) {
    const failure = await flip.undo(run, engine).then(
      () => undefined,
      (error: unknown) => ({ error, words: messageOf(error) }),
    );
    if (failure === undefined) return true;
    const isLast = failure.error instanceof NoWayBack || isInterrupted(watch.signal) || deadline.left < retryInterval;
    if (isLast) {
      progress.note(`the gateway could not be pointed back: ${failure.words}`);
      // Some routes may be back already, so point all of them to one release again.
      await flip.redo(run, engine).catch((error: unknown) => progress.note(messageOf(error)));
      return false;
    }
    progress.waiting("gateway", `trying for up to ${order.readyTimeout} s to point it back: ${failure.words}`);
  }
}

/** Returns steps in the order they are undone: last one first, but for those to be undone before another. Pure. */
function undoOrder(begun: readonly Step[]): readonly Step[] {
  const order = begun.toReversed();
  for (const step of begun) {
    if (!("undoneBefore" in step)) continue;
    const [place, other] = [order.indexOf(step), order.findIndex(({ id }) => id === step.undoneBefore)];
    if (other !== -1 && other < place) order.splice(other, 0, ...order.splice(place, 1));
  }
  return order;
}

/**
 * Undoes the steps that were begun, last one first, but the flip before all others, since the release that fails may be
 * the one that serves. A failure to undo one is reported and does not keep the others from being undone. While the
 * gateway cannot be pointed back nothing else is undone, since that would stop what its routes lead to.
 */
async function takeBack(begun: readonly Step[], run: Run, engine: Engine, watch: Watch): Promise<Aftermath> {
  const { progress } = run;
  const flip = begun.find((step) => step.id === "flip");
  if (!begun.some((step) => "undo" in step)) return "untouched";
  return progress.step(
    "take back",
    async () => {
      if (flip !== undefined && !(await pointBack(flip, run, engine, watch))) return "not pointed back";
      for (const step of undoOrder(begun)) {
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
