import { details, type Engine } from "../../engine/engine";
import { checkInterrupt, NotReady, untilReady, type Watch } from "../../engine/containers/ready";
import { databaseFor } from "../../backup/plan";
import { caFile } from "../../install/services/releaseVariables";
import { isNameless, isUnanswered, servingApi, type ReleaseContainer } from "../../install/facts";
import { restartPolicy, runsOf } from "../../install/services/release";
import { readFacts } from "../../install/readFacts";
import { inStartOrder, restart } from "../../scani/restart";
import { concurrently } from "../../../util/concurrently";
import { dockerRestart, upCommand } from "../../../util/commands";
import { messageOf, OperatorError } from "../../../util/operatorError";
import { migrate, stopMigrators } from "../migrate";
import { stopUnrouted } from "../stopUnrouted";
import { verify } from "../verify";
import { verifyMoved } from "../verifyMoved";
import { names, titles, type Description, type HandoverStep, type Run } from "./step";

/** Stops migrators of other releases that killed runs left running, before they block anything. */
export class StopMigratorsStep implements HandoverStep {
  readonly id = "stop-migrators";

  constructor(readonly containers: readonly ReleaseContainer[]) {}

  describe(): string {
    return `stop ${titles(this.containers)}, which a killed run has left running`;
  }

  async perform({ engine, order, candidate, progress }: Run): Promise<void> {
    const { install, backups } = order;
    await progress.step(
      `stop ${titles(this.containers)}`,
      async () => {
        const database = await databaseFor(install.name, backups, candidate.databaseUrl);
        await stopMigrators(engine, this.containers, database, progress);
      },
      this.id,
    );
  }
}

/** Runs the migrator and waits for its end. */
export class MigrateStep implements HandoverStep {
  readonly id = "migrate";

  constructor(readonly container: ReleaseContainer) {}

  describe(): string {
    return "migrate the schema (a no-op when nothing is pending)";
  }

  async perform({ engine, order, candidate, progress }: Run, { signal }: Watch): Promise<void> {
    const { install, backups, migrationTimeout } = order;
    await progress.step(
      "migrate",
      async () => {
        await writeCertificate(engine, order, this.container);
        await migrate(engine, await candidate.pending(), this.container, progress, {
          database: await databaseFor(install.name, backups, candidate.databaseUrl),
          timeoutSeconds: migrationTimeout,
          signal,
        });
      },
      this.id,
    );
  }
}

/** Writes the private authority's certificate into the volume that a release's services share, through one of them. */
async function writeCertificate(
  engine: Engine,
  { caCertificate }: Run["order"],
  { id }: ReleaseContainer,
): Promise<void> {
  if (caCertificate !== undefined) await engine.writeFile(id, caFile, caCertificate);
}

/**
 * Seconds a candidate that never served gets to stop: it has no requests to finish. nginx misses a SIGTERM sent in the
 * moment it begins to run, and would be waited for as long as one that drains, also by the next run.
 */
const unservedSeconds = 3;

/** Starts containers of the new release and waits until each is ready. */
export class StartStep implements HandoverStep {
  readonly id = "start";

  constructor(readonly containers: readonly ReleaseContainer[]) {}

  describe({ created }: Description): string {
    return `start ${names(this.containers, created)} and wait until ready`;
  }

  async perform({ engine, order, progress }: Run, watch: Watch): Promise<void> {
    await progress.step(
      `start ${names(this.containers)}`,
      async () => {
        const holder = this.containers.find(({ service }) => service !== "frontend-app");
        if (holder !== undefined) await writeCertificate(engine, order, holder);
        for (const group of inStartOrder(this.containers))
          await concurrently(group, watch.signal, ({ id }) => engine.start(id));
        await concurrently(this.containers, watch.signal, (container, signal) =>
          untilReady(engine, container, { ...watch, signal }),
        );
      },
      this.id,
    );
  }

  async undo({ order, flip, drainedBack, progress }: Run, engine: Engine): Promise<void> {
    await drainedBack?.catch((error: unknown) => progress.note(messageOf(error)));
    await stopUnrouted(engine, order.install, this.containers, flip === undefined ? unservedSeconds : undefined);
  }
}

/**
 * Makes containers that run but are not reached, through the gateway or by their name, answer again. One whose own
 * health check fails is waited for, and left running where that takes too long: the cause, such as a database that is
 * away, may pass, and a restart would cut off those it still serves. One that is ready and not reached is restarted:
 * the engine's DNS may have lost its name, and learns names only when containers start. One that stops or crashes
 * meanwhile is restarted too. One after the other, since each looks up those before it.
 */
export class RestartStep implements HandoverStep {
  readonly id = "restart";

  constructor(readonly containers: readonly ReleaseContainer[]) {}

  describe(): string {
    return `wait for ${names(this.containers)} to be reached; restart those that are ready and are not reached`;
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    const { engine, progress } = run;
    await progress.step(
      `have ${names(this.containers)} answer again`,
      async () => {
        for (const container of this.containers) {
          if (await this.answersAgain(run, container, watch)) continue;
          progress.note(`${container.title} is restarted`);
          await restart(engine, container, watch);
        }
      },
      this.id,
    );
  }

  /**
   * Waits until a container is ready, and returns true if it is reached then. Returns false too where it stops or
   * crashes: a container that the engine is about to restart is not waited for.
   * @throws OperatorError where it runs and is not ready in time
   */
  private async answersAgain({ engine, order, progress }: Run, one: ReleaseContainer, watch: Watch): Promise<boolean> {
    if ((await details(engine, one.id)).state !== "running") return false;
    try {
      await untilReady(engine, one, watch);
    } catch (error) {
      checkInterrupt(watch.signal);
      if (error instanceof NotReady) throw stillNotReady(error, one, order.stack);
      progress.note(messageOf(error));
      return false;
    }
    const facts = await readFacts(engine, order.install);
    return !isNameless(facts, one) && !isUnanswered(facts, one);
  }
}

/**
 * Returns the error of a container that runs and is not ready. It is not restarted: where it waits for a server that is
 * away, that would only take the rest of it away too. Pure.
 */
function stillNotReady(error: NotReady, { name }: ReleaseContainer, stack: string): OperatorError {
  return new OperatorError(
    {
      what: messageOf(error),
      why: "It is left running, since what it waits for may come back. Where that is back already, as a database at another address, only a restart looks it up again:",
      type: [dockerRestart(name), upCommand(stack)],
    },
    { cause: error, logTail: error.logTail },
  );
}

/** Restores the restart policy that containers are declared with. */
export class RestartPolicyStep implements HandoverStep {
  readonly id = "restart-policy";

  constructor(readonly containers: readonly ReleaseContainer[]) {}

  describe({ created }: Description): string {
    return `give the declared restart policy back to ${names(this.containers, created)}`;
  }

  async perform({ engine, progress }: Run): Promise<void> {
    await progress.step(
      `give the declared restart policy back to ${names(this.containers)}`,
      () =>
        Promise.all(
          this.containers.map(({ id, service }) => engine.setRestartPolicy(id, restartPolicy[runsOf(service)])),
        ),
      this.id,
    );
  }
}

/** Verifies from inside the new api its tier, the files it can use and its own health. */
export class VerifyStep implements HandoverStep {
  readonly id = "verify";

  /** @param provider the release's own data-provider; undefined where somebody else runs it */
  constructor(
    readonly container: ReleaseContainer,
    readonly provider?: ReleaseContainer,
  ) {}

  describe(): string {
    return "verify the tier from inside the new api, with its own key: files, token search, the api's own checks";
  }

  async perform({ engine, order, before, progress }: Run, { signal }: Watch): Promise<void> {
    const members = { api: this.container, "data-provider": this.provider };
    await progress.step(
      "verify from inside the api",
      async () => {
        await verify(engine, this.container, progress);
        await verifyMoved(engine, members, servingApi(before), order.stack, progress, signal);
      },
      this.id,
    );
  }
}
