import { untilReady, type Watch } from "../../engine/containers/ready";
import { flip, type Flip } from "../../gateway/flip";
import { forgetWrittenPauses, resumeAll } from "../../gateway/resume";
import { routes, type Route, type Targets } from "../../gateway/routes";
import { saveRoutes } from "../../gateway/save";
import type { Engine } from "../../engine/engine";
import {
  isRouted,
  routedRelease,
  wayBack,
  type Facts,
  type ReleaseContainer,
  type ReleaseName,
} from "../../install/facts";
import type { Flipped } from "../../install/journal";
import { readFacts } from "../../install/readFacts";
import { inStartOrder } from "../../scani/restart";
import { routeUploads, type Uploads } from "../../install/storage/uploads";
import { upCommand } from "../../../util/commands";
import { OperatorError } from "../../../util/operatorError";
import { answeredFacts } from "../answeredFacts";
import type { HandoverStep, Run } from "./step";

/**
 * Starts a gateway that somebody stopped or paused; it restores the routes it has saved. The gateway holds the
 * install's lock, so the lock is taken now, before anything else is done. A gateway that runs and does not answer is
 * waited for.
 */
export class StartGatewayStep implements HandoverStep {
  readonly id = "start-gateway";

  constructor(readonly gateway: Facts["gateway"]) {}

  describe(): string {
    const { state } = this.gateway;
    return state === "running" ? "wait until the gateway answers" : `start the gateway, which is ${state}`;
  }

  async perform(run: Run, watch: Watch): Promise<void> {
    const { engine, order, progress, lockAgain } = run;
    const { name, state } = this.gateway;
    if (state === "running")
      return progress.step(
        "wait until the gateway answers",
        async () => void (await answeredFacts(engine, order, watch, { shortcomings: false })),
        this.id,
      );
    await progress.step(
      "start the gateway",
      async () => {
        // A container that is only unpaused does not read its state file again.
        if (state !== "paused") await forgetWrittenPauses(engine, name);
        await engine.start(name);
        await untilReady(engine, { id: name, name, title: "gateway" }, watch);
        await lockAgain();
      },
      this.id,
    );
  }
}

/** Lets requests through that are held or refused at the gateway, by hand or by a run that died. */
export class ResumeStep implements HandoverStep {
  readonly id = "resume";

  constructor(readonly routes: readonly string[]) {}

  describe(): string {
    return `let the requests of ${this.routes.join(", ")} through, which are held or refused at the gateway`;
  }

  async perform({ engine, order, progress }: Run): Promise<void> {
    await progress.step("resume the routes", () => resumeAll(engine, order.install.gateway), this.id);
  }
}

/** Has the gateway save where its routes lead, which a full disk has kept it from. */
export class SaveRoutesStep implements HandoverStep {
  readonly id = "save-routes";

  describe(): string {
    return "have the gateway save its routes, which it would not know after a restart";
  }

  async perform({ engine, order, progress }: Run): Promise<void> {
    await progress.step("save the routes", async () => void (await saveRoutes(engine, order.install.gateway)), this.id);
  }
}

/** Routes uploads to base's own S3 server again. */
export class RouteUploadsStep implements HandoverStep {
  readonly id = "route-uploads";

  constructor(readonly uploads: Uploads) {}

  describe(): string {
    return `send uploads to ${this.uploads.container} again`;
  }

  async perform({ engine, order, progress }: Run): Promise<void> {
    const { container, bucket } = this.uploads;
    await progress.step(
      "route the uploads",
      async () => {
        if (bucket === undefined)
          throw new OperatorError({
            what: `The gateway does not send uploads to ${container}, whose bucket is not known here.`,
            type: upCommand(order.baseStack),
          });
        await routeUploads(engine, { install: order.install.name, bucket });
      },
      this.id,
    );
  }
}

/** Failure to point the gateway back that no further try mends: what it led to is not there. */
export class NoWayBack extends OperatorError {}

/** Points every route at the new release. */
export class FlipStep implements HandoverStep {
  readonly id = "flip";

  constructor(readonly to: Readonly<Record<Route, ReleaseContainer>>) {}

  describe(): string {
    return "flip the gateway; requests in flight finish on the old release";
  }

  async perform(run: Run): Promise<void> {
    run.flipping = run.progress.step(
      "flip the gateway",
      async () => {
        run.flip = await this.redo(run, run.engine);
        run.flipped = flippedTo(run.order.wanted);
      },
      this.id,
    );
    await run.flipping;
  }

  /** Points every route at the new release, also after a failed attempt to point them back. */
  redo({ order }: Run, engine: Engine): Promise<Flip> {
    const targets: Targets = Object.fromEntries(routes.map((route) => [route, this.to[route].name]));
    return flip(engine, order.install.gateway, targets, order.drainTimeout);
  }

  /**
   * Points the routes back to where they led, after starting containers there that do not run. If no release served
   * before, there is nothing to undo unless a route leads to the new release: nobody may lose what answers their
   * requests.
   * @throws OperatorError when the routes go on leading to the new release; NoWayBack where they always will
   */
  async undo(run: Run, engine: Engine): Promise<void> {
    const { order, before, progress } = run;
    const back = wayBack(before);
    const now = await readFacts(engine, order.install, { shortcomings: false });
    if ("none" in back) {
      if (!Object.values(this.to).some((container) => isRouted(now, container))) return;
      throw new NoWayBack({ what: `${back.none}, so there is nothing to go back to` });
    }
    const asleep = back.containers.filter(({ id }) => now.containers.find((one) => one.id === id)?.state !== "running");
    if (asleep.length > 0) progress.note(`${asleep.map(({ title }) => title).join(", ")} did not run; started`);
    for (const group of inStartOrder(asleep)) await Promise.all(group.map(({ id }) => engine.start(id)));
    run.drainedBack = (await flip(engine, order.install.gateway, back.targets, order.drainTimeout)).drained;
    run.flipped = flippedTo(routedRelease(before));
  }
}

/** Returns the record of routes that have just been pointed at a release. */
function flippedTo(release: ReleaseName | undefined): Flipped | undefined {
  return release && { to: { tier: release.tier, release: release.release }, at: new Date().toISOString() };
}
