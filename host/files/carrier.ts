import { details, type Engine } from "../engine/engine";
import { discard, startHelper } from "../engine/containers/helper";
import { momentaryLabels } from "../install/leftovers";
import type { ReleaseContainer } from "../install/facts";
import { proxyVariables } from "../install/services/environment";
import { FileStore, type Addresses } from "./store";
import { insideHosts, type Place, type Side } from "./place";
import { transfersFrom, type CurrentSignal } from "./transfers";

/** Folder in the container; its disk holds the files of a batch, whatever their size. */
const folder = "/tmp/files";

/** Minutes without a request after which the container ends by itself, in case nobody is left to remove it. */
const idleMinutes = 10;

/**
 * Returns the container's script, which ends when nothing was requested for a while and no transfer runs. Pure.
 * @param processes folder in which the kernel lists processes
 */
export function carrierScript(work: string, processes = "/proc"): string {
  return [
    `mkdir -p ${work} && touch ${work}/alive || exit`,
    `while [ -n "$(find ${work}/alive -mmin -${idleMinutes})" ]; do`,
    // A transfer counts as use: one large file may take longer than the limit.
    `  if grep -qsx -e curl -e md5sum ${processes}/[0-9]*/comm; then touch ${work}/alive; fi`,
    "  sleep 5",
    "done",
  ].join("\n");
}

/** Makes the store of a place for one lane, reached from inside the install, with a work folder of its own. */
export type Reach = (place: Place, lane: number) => FileStore;

/** A container from which places are reached. */
export interface Carrier {
  readonly reach: Reach;
  /** False once it has ended by itself. */
  runs(): Promise<boolean>;
  /** Removes it. @param engine whose calls still go through */
  close(engine: Engine): Promise<void>;
}

/**
 * Starts a container that has the networks and outgoing proxy of a release's api and the curl of its image, from which both places'
 * data-providers and buckets are reached as the api reaches them.
 * @param signal ends waits before retries
 */
export async function openCarrier(
  engine: Engine,
  install: string,
  api: ReleaseContainer,
  sides: readonly Side[],
  signal: CurrentSignal,
): Promise<Carrier> {
  const { imageId, networks, confinement, environment } = await details(engine, api.id);
  const order = {
    image: imageId,
    entrypoint: ["sh", "-c"],
    command: [carrierScript(folder)],
    environment: proxyVariables(
      environment,
      sides.flatMap(({ place }) => insideHosts(place)),
    ),
    labels: momentaryLabels(install, "files"),
    noHealthCheck: true,
    // Use the disk: a file may be larger than memory, and goes with the container.
    confinement: { ...confinement, ReadonlyRootfs: false, Tmpfs: {} },
    log: { driver: "none", options: {} },
    init: true,
    autoRemove: true,
  };
  const container = await startHelper(engine, order, networks);
  try {
    const authorities = sides.flatMap(({ place }) => (place.authority === undefined ? [] : [place.authority.trim()]));
    if (authorities.length > 0) await trust(engine, container, authorities.join("\n"));
  } catch (error) {
    await discard(engine, container);
    throw error;
  }
  const addresses = new Map<string, Addresses>(sides.map(({ place }) => [place.id, new Map()]));
  const ids = [...addresses.keys()];
  return {
    // Both stores of a lane are asked concurrently, so each has its own folder.
    reach: (place, lane) =>
      new FileStore(
        place,
        transfersFrom(engine, container, `${folder}/lane-${lane}-${ids.indexOf(place.id)}`, signal),
        signal,
        addresses.get(place.id),
      ),
    runs: () =>
      details(engine, container).then(
        ({ running }) => running,
        () => false,
      ),
    close: (engine) => discard(engine, container),
  };
}

async function trust(engine: Engine, container: string, certificates: string): Promise<void> {
  const script = `mkdir -p ${folder} && cat > ${folder}/ca.pem`;
  const { exitCode, errors } = await engine.capture(container, ["sh", "-c", script], [], `${certificates}\n`);
  if (exitCode !== 0) throw new Error(`the authority's certificate could not be handed over: ${errors}`);
}
