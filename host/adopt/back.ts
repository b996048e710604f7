import type { Engine } from "../engine/engine";
import { networkName } from "../install/addresses";
import { containerName } from "../install/containerName";
import { isUp } from "../install/facts";
import { label } from "../install/labels";
import { readRouted } from "../install/readFacts";
import { untilReady } from "../engine/ready";
import { psql, withServer } from "../backup/server";
import { ledgerQueries, newerIn, parseApplied, readShipped } from "../scani/migrations/pending";
import { composeCreate, composePull } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import { homeOf, isMoved, moveDataBack, whereIsData, type DataHome } from "./moveData";
import { copyObjects } from "./phases/beside";
import { retired } from "./phases/takeOver";
import { startAgain, type AdoptRun } from "./phases/phase";
import { isRecordOf, removeRecord, takesPort } from "./record";

/**
 * Gives everything back to compose, from any phase on: files that are new are copied back, the data moves up again, and
 * the project's own containers are started. Nothing that was written meanwhile is lost. What the install made is removed
 * last.
 */
export async function goBack(run: AdoptRun): Promise<void> {
  const { engine, install, record, stacks, progress } = run;
  const facts = await readRouted(engine, install);
  const home = homeOf(install.name, record.postgres);
  const moved = home !== undefined && (await isTaken(engine, home));
  const own = facts.containers.filter(isUp);
  await progress.step("stop this module's worker", () =>
    Promise.all(own.filter(({ service }) => service === "worker").map(({ id }) => engine.stop(id))),
  );
  if (moved) {
    await progress.step("stop this module's Scani", () => Promise.all(own.map(({ id }) => engine.stop(id))));
    await giveFilesBack(run);
    await progress.step("move the data back", async () => {
      await engine.stop(containerName(install.name, "postgres"));
      await moveDataBack(engine, home);
    });
  } else await giveFilesBack(run);
  await startProject(run);
  for (const stack of ["tier2", "tier1", "base"] as const) await stacks.destroy(stack);
  for (const stack of ["base", "tier1", "tier2"] as const)
    await stacks.set(
      stack,
      Object.fromEntries([...record.settingNames[stack], ...written[stack]].map((name) => [name, undefined])),
    );
  for (const { name } of await engine.volumes([`${label.install}=${install.name}`]))
    if (name !== record.postgres?.volume && !isRecordOf(install.name, name)) await engine.removeVolume(name);
  // Last, so that a way back that was killed can be gone on with.
  await removeRecord(engine, install.name);
}

/**
 * Compose's own migrator would refuse a schema that is newer than its images, and its api may not work on it.
 * @throws OperatorError with nothing touched
 */
export async function refuseNewerSchema({
  engine,
  install,
  record,
  stacks,
  migrateImage,
  progress,
}: AdoptRun): Promise<void> {
  const servers =
    record.postgres === undefined ? [] : [containerName(install.name, "postgres"), record.postgres.container];
  const states = await Promise.all(servers.map(async (name) => (await engine.inspect(name))?.state));
  const postgres = servers.find((_, at) => states[at] === "running");
  if (postgres === undefined) return;
  if (migrateImage === undefined || (await engine.image(migrateImage)) === undefined)
    return progress.note(
      `Whether compose's images know the schema cannot be told: ${migrateImage ?? "their migrator"} is not on the engine.`,
    );
  const reader = await engine.create({
    image: migrateImage,
    labels: { [label.install]: install.name },
    network: "none",
  });
  try {
    const [shipped, ledger] = await Promise.all([
      readShipped(engine, reader),
      withServer(engine, { kind: "bundled", container: postgres, stacks: stacks.names }, (server) =>
        server.run(psql, { input: ledgerQueries }),
      ),
    ]);
    const newer = newerIn({ shipped, applied: parseApplied(ledger) });
    if (newer.length === 0) return;
    throw new OperatorError({
      what: `The database has had migrations that compose's images (${migrateImage}) do not know: ${newer.join(", ")}. Nothing has been touched.`,
      why: "Write the version that serves now into compose's .env file (SCANI_IMAGE_TAG), make its containers anew in its folder, and type the same again.",
      type: [composePull(""), composeCreate("")],
    });
  } finally {
    await engine.remove(reader);
  }
}

/** Settings the later phases write. */
const written = {
  base: ["postgresVolume", "postgresFolder", "frontNetwork", "frontNames", "portHolder"],
  tier1: [],
  tier2: [],
} as const;

/** True when the data is not where compose's Postgres looks for it, or base's own runs on it. */
async function isTaken(engine: Engine, home: DataHome): Promise<boolean> {
  return (await whereIsData(engine, home)) !== "in the volume" || (await isMoved(engine, home));
}

/** Copies back what was uploaded since; compose's S3 server is started for it. */
async function giveFilesBack(run: AdoptRun): Promise<void> {
  const { engine, install, objects, progress } = run;
  const storage = await engine.inspect(containerName(install.name, "storage"));
  if (objects === undefined || storage?.running !== true) return;
  await engine.start(objects.container);
  await ready(run, objects.container);
  const { now } = await progress.step("copy files back", () => copyObjects(run, true));
  progress.note(`${now} files`);
}

/** Starts the project's containers as they were, what others need first. */
async function startProject(run: AdoptRun): Promise<void> {
  const { engine, install, record, progress } = run;
  const { api, worker, "data-provider": provider, "frontend-app": page } = record.scani;
  const scani = [provider, api, worker, page].filter((one) => one !== undefined);
  const stores = retired(record).filter((name) => !scani.includes(name));
  const data = networkName(install.name, "data");
  await progress.step("start compose's containers again", async () => {
    for (const name of [...stores, ...scani]) {
      const one = await engine.inspect(name);
      if (one === undefined) continue;
      // One that runs is still borrowed by what serves until the page has its place again.
      if (!one.running) await engine.disconnectNetwork(data, name);
      if (name === page && takesPort(record)) await engine.stop(install.gateway);
      await startAgain(run, name);
      await ready(run, name);
    }
    for (const name of stores) await engine.disconnectNetwork(data, name);
  });
}

async function ready({ engine, watch }: AdoptRun, name: string): Promise<void> {
  const healthCheck = (await engine.inspect(name))?.healthCheck ?? [];
  if (healthCheck.length > 0 && healthCheck[0] !== "NONE")
    await untilReady(engine, { id: name, name, title: name }, watch);
}
