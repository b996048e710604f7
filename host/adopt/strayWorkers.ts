import type { Engine } from "../engine/engine";
import { isUp } from "../install/facts";
import { releaseContainers } from "../install/readFacts";
import { dockerStop } from "../../util/commands";
import type { Problem } from "../../util/operatorError";
import { stopForGood, workerSeconds, type AdoptRun } from "./phases/phase";
import { isServiceOf } from "./project";
import { environmentIn } from "../install/environment";
import { composeContainers } from "./readCompose";

/**
 * Names of compose's workers that take jobs beside an install's own: those of the same Scani, which its key shows. A
 * `docker compose up` or `restart` starts the one that an adoption has stopped, and nothing remembers the adoption once it is
 * settled.
 */
export async function readStrayWorkers(engine: Engine, install: string): Promise<string[]> {
  const own = (await releaseContainers(engine, install)).find((one) => one.service === "worker" && isUp(one));
  const key = own && (await keyOf(engine, own.id));
  if (key === undefined) return [];
  const found = await Promise.all(
    (await composeContainers(engine)).map(async ({ id, name }) => ((await keyOf(engine, id)) === key ? [name] : [])),
  );
  return found.flat();
}

/** Key of a worker; undefined for a container that is none. */
async function keyOf(engine: Engine, id: string): Promise<string | undefined> {
  const environment = environmentIn((await engine.inspect(id))?.environment ?? []);
  return isServiceOf(environment, "worker") ? environment.ENCRYPTION_KEY : undefined;
}

/** What is wrong while such workers run; undefined without any. Pure. */
export function strayProblem(workers: readonly string[]): Problem | undefined {
  if (workers.length === 0) return undefined;
  return {
    what: `Compose's ${workers.join(", ")} runs, and takes jobs beside this install's own worker.`,
    why: "A job one takes may lack its file, or be done as another version does it.",
    type: dockerStop(...workers),
  };
}

/** Stops them for good. @returns whether there were any */
export async function stopStrayWorkers({ engine, install, progress }: AdoptRun): Promise<boolean> {
  const workers = await readStrayWorkers(engine, install.name);
  for (const name of workers)
    await progress.step(`stop ${name}, which compose has started again`, async () => {
      await stopForGood(engine, name, workerSeconds);
    });
  return workers.length > 0;
}
