import type { Engine } from "../../engine/engine";
import { containerName } from "../../install/names/containerName";
import { readFacts } from "../../install/readFacts";
import { expectData, homeOf } from "../postgres/moveData";
import { ownPostgres } from "../imageNames";
import { writeRecord, type AdoptionRecord } from "../record";
import { isTakenOver, recordUncopied, takeFiles } from "./files";
import { ownServes } from "./front";
import { isRetired, routedTier, stopForGood, type AdoptRun, type Phase } from "./phase";

/** Phase that moves the data one folder down in its volume and runs base's own Postgres on it. Requests are held. */
export class DatabasePhase implements Phase {
  readonly title = "database";

  describe({ postgres }: AdoptRun["record"]): string {
    return postgres === undefined
      ? "stop compose's api and data-provider; the database stays where it is"
      : `stop compose's api, data-provider and Postgres, and run base's own on the volume ${postgres.volume}, in its folder ${postgres.folder}; requests are held meanwhile`;
  }

  async done(run: AdoptRun): Promise<boolean> {
    const api = await run.engine.inspect(run.record.scani.api ?? "");
    return api?.state !== "running" && (await isInPlace(run));
  }

  async perform(run: AdoptRun): Promise<void> {
    const { engine, install, record, image, stacks, progress } = run;
    const { postgres, objectStore } = record;
    await expectData(engine, homeOf(install.name, postgres));
    const postgresImage = postgres && (await keptImage(engine, postgres));
    const { api, "data-provider": provider, "frontend-app": page } = record.scani;
    await progress.step("stop compose's page, api and data-provider", async () => {
      // Stop the page before the services behind it: a proxy that knows it by name may still ask it.
      for (const some of [[page], [api, provider]])
        await stopAll(
          run,
          some.filter((one) => one !== undefined),
        );
    });
    // Copy what was uploaded through compose's page since the last time.
    await takeFiles(run, "copy the last files");
    const asked = await recordUncopied(run);
    // From now on uploads to addresses presigned for that server are refused, since they would not be copied any more.
    if (objectStore !== undefined) await stopAll(run, [objectStore]);
    // If somebody has only started compose's containers again, what serves stays as it is.
    if (await isInPlace(run)) return;
    await stacks.set("base", {
      portHolder: undefined,
      ...(postgres === undefined
        ? {}
        : {
            borrowedPostgres: undefined,
            postgresImage,
            postgresVolume: postgres.volume,
            postgresFolder: postgres.folder,
          }),
    });
    if (postgres === undefined) await writeRecord(engine, { ...asked, takenOver: true }, image, {});
    await progress.step("bring base up on the data", () => stacks.up("base"));
    // The tier reads from base's outputs where backups are made, which has changed.
    const tier = await routedTier(run);
    await progress.step(`bring ${tier} up`, () => stacks.up(tier));
  }
}

/**
 * Returns a name of the image compose's Postgres runs. If the planned name means another image by now, as a tag does
 * after a pull, the image gets a name of its own: another image may sort text differently.
 */
async function keptImage(engine: Engine, { image, imageId }: NonNullable<AdoptionRecord["postgres"]>): Promise<string> {
  if ((await engine.image(image))?.id === imageId) return image;
  const name = ownPostgres(imageId);
  if ((await engine.image(name)) === undefined) await engine.tagImage(imageId, name);
  return name;
}

/** True when a release with its worker serves on the database that has been taken over. */
async function isInPlace(run: AdoptRun): Promise<boolean> {
  const { engine, install, record } = run;
  const [taken, own, facts] = await Promise.all([
    isTakenOver(run),
    engine.inspect(containerName(install.name, "postgres")),
    readFacts(engine, install),
  ]);
  return (
    taken &&
    (record.postgres === undefined || own?.state === "running") &&
    facts.paused.length === 0 &&
    ownServes(facts)
  );
}

/** Phase that stops the project's replaced containers, and keeps them. */
export class RetirePhase implements Phase {
  readonly title = "retire";

  describe(record: AdoptRun["record"]): string {
    return `stop what has been replaced (kept): ${retired(record).join(", ")}`;
  }

  async done({ engine, record }: AdoptRun): Promise<boolean> {
    const all = await Promise.all(retired(record).map((name) => engine.inspect(name)));
    return all.every(isRetired);
  }

  async perform(run: AdoptRun): Promise<void> {
    await run.progress.step("stop what has been replaced", () => stopAll(run, retired(run.record)));
  }
}

/** Returns the containers of the project that have been replaced. Pure. */
export function retired({ scani, postgres, replaced }: AdoptRun["record"]): string[] {
  return [...Object.values(scani), ...(postgres === undefined ? [] : [postgres.container]), ...replaced];
}

/** Stops containers so that the engine does not start them again. */
async function stopAll({ engine }: AdoptRun, containers: readonly string[]): Promise<void> {
  await Promise.all(containers.map((name) => stopForGood(engine, name)));
}
