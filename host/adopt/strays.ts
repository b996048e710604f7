import type { Engine } from "../engine/engine";
import { networkName } from "../install/network/addresses";
import { replaceable } from "../install/services/bundled";
import { loginIn } from "../install/data/databaseUrl";
import { environmentIn, type Environment } from "../install/services/environment";
import { isUp } from "../install/facts";
import { label } from "../install/names/labels";
import { releaseContainers } from "../install/readFacts";
import { dockerStop } from "../../util/commands";
import { OperatorError, type Problem } from "../../util/operatorError";
import { stopForGood, workerSeconds, type AdoptRun } from "./phases/phase";
import { hostOf } from "../../util/host";
import { serviceOf, type ComposeContainer, type ScaniService } from "./compose/project";
import { composeLabel, composeContainers, readPresent } from "./compose/readCompose";
import { readRecord, type AdoptionRecord } from "./record";

/** A container of compose's that runs next to an install and does its work. */
export interface Stray {
  readonly name: string;
  readonly service: ScaniService;
}

/**
 * Reads which containers of the adopted compose project run next to an install's own: `docker compose up` or `restart`
 * starts what an adoption has stopped, and there is no record once the adoption is settled. The project is recognised
 * by its key and its database, since a copy of it, as for staging, has the same key. Before the takeover only its
 * worker is in the way.
 */
export async function readStrays(engine: Engine, install: string): Promise<Stray[]> {
  const worker = (await releaseContainers(engine, install)).find((one) => one.service === "worker" && isUp(one));
  const own = worker && (await engine.inspect(worker.id));
  const environment = environmentIn(own?.environment ?? []);
  if (own === undefined || environment.ENCRYPTION_KEY === undefined) return [];
  const all = await readAll(engine);
  const isBundled = hostOf(environment.DATABASE_URL ?? "") === replaceable.postgres.host;
  const onData = isBundled ? await projectsOnData(engine, install, own.imageId) : undefined;
  const projects = new Set(
    all
      .filter((one) => one.environment.ENCRYPTION_KEY === environment.ENCRYPTION_KEY)
      .filter((one) => onData?.has(one.project) ?? isSameDatabase(one.environment, environment))
      .map(({ project }) => project),
  );
  const found = all.filter(isUp).flatMap(({ name, project, ...one }): Stray[] => {
    const service = projects.has(project) ? serviceOf(one) : undefined;
    return service === undefined ? [] : [{ name, service }];
  });
  if (found.every(({ service }) => service === "worker")) return found;
  const isReplaced = isBundled ? await hasOwnPostgres(engine, install) : await isTaken(engine, install, own.imageId);
  return found.filter(({ service }) => service === "worker" || isReplaced);
}

/** Reads the containers of every compose project, without those removed meanwhile. */
async function readAll(engine: Engine): Promise<(ComposeContainer & { readonly project: string })[]> {
  const read = await Promise.all(
    (await composeContainers(engine)).map(async (listed) => {
      const one = await readPresent(engine, listed);
      return one === undefined ? [] : [{ ...one, project: listed.labels[composeLabel.project] ?? "" }];
    }),
  );
  return read.flat();
}

/**
 * Returns the compose projects that use, or created, the volume of the Postgres on an install's data network, or the
 * one it adopts: compose's Postgres is no longer on that network once compose has recreated it.
 * @param image any image on the engine
 */
async function projectsOnData(engine: Engine, install: string, image: string): Promise<Set<string>> {
  const [there, record] = await Promise.all([
    engine.containers({ network: networkName(install, "data"), all: true }),
    readKnown(engine, install, image),
  ]);
  const volumes = there
    .filter(({ labels }) => labels[label.service] === "postgres" || composeLabel.project in labels)
    .flatMap((one) => one.volumes);
  if (record !== "unreadable" && record?.postgres !== undefined) volumes.push(record.postgres.volume);
  if (volumes.length === 0) return new Set();
  const [users, made] = await Promise.all([
    engine.containers({ labels: [composeLabel.project], volumes, all: true }),
    engine.volumes([composeLabel.project]),
  ]);
  const found = [...users, ...made.filter(({ name }) => volumes.includes(name))];
  return new Set(found.map(({ labels }) => labels[composeLabel.project] ?? ""));
}

async function hasOwnPostgres(engine: Engine, install: string): Promise<boolean> {
  const labels = [`${label.install}=${install}`, `${label.service}=postgres`];
  return (await engine.containers({ labels, all: true })).length > 0;
}

/**
 * True where compose's part of an install with a managed database has been taken over, or the adoption is settled. False
 * where the record is unreadable: compose's part may then be where it belongs.
 */
async function isTaken(engine: Engine, install: string, image: string): Promise<boolean> {
  const record = await readKnown(engine, install, image);
  return record === undefined || (record !== "unreadable" && record.takenOver === true);
}

/** Reads the record of an adoption: what of compose's runs is worth saying where it is unreadable too. */
async function readKnown(
  engine: Engine,
  install: string,
  image: string,
): Promise<AdoptionRecord | "unreadable" | undefined> {
  try {
    return await readRecord(engine, install, image);
  } catch (error) {
    if (error instanceof OperatorError) return "unreadable";
    throw error;
  }
}

/** True where two environments name the same database of a managed server. */
function isSameDatabase(...[one, other]: readonly [Environment, Environment]): boolean {
  const [first, second] = [one, other].map(({ DATABASE_URL = "" }) =>
    URL.canParse(DATABASE_URL)
      ? [hostOf(DATABASE_URL), new URL(DATABASE_URL).port || "5432", loginIn(DATABASE_URL)?.database].join(" ")
      : undefined,
  );
  return first !== undefined && first === second;
}

/** Describes the problem while strays run; undefined without any. Pure. */
export function strayProblem(strays: readonly Stray[]): Problem | undefined {
  if (strays.length === 0) return undefined;
  const names = strays.map(({ name }) => name);
  const [workers, others] = [true, false].map((is) => strays.some(({ service }) => (service === "worker") === is));
  return {
    what: `Compose's ${names.join(", ")} ${names.length === 1 ? "runs" : "run"} beside this install.`,
    why: [
      ...(workers ? ["A job its worker takes may lack its file, or be done as another version does it."] : []),
      ...(others
        ? ["Requests that a proxy sends them by name may fail, or be answered as another version does it."]
        : []),
    ].join("\n"),
    type: dockerStop(...names),
  };
}

/** Stops strays for good. @returns whether there were any */
export async function stopStrays({ engine, install, progress }: AdoptRun): Promise<boolean> {
  const strays = await readStrays(engine, install.name);
  for (const { name, service } of strays)
    await progress.step(`stop ${name}, which compose has started again`, () =>
      stopForGood(engine, name, service === "worker" ? workerSeconds : undefined),
    );
  return strays.length > 0;
}
