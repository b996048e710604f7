import type { BaseReadyInputs } from "../host/install/resources";
import { label } from "../host/install/names/labels";
import { connect } from "../host/engine/connect";
import type { ContainerSummary, Engine } from "../host/engine/engine";
import { notStarted } from "../host/engine/refusal";
import { isSet } from "../settings";
import { upCommand } from "../util/commands";
import { renderProblem, withLogTail } from "../util/operatorError";
import { startGateway } from "../host/gateway/resume";
import { untilReady } from "../host/engine/containers/ready";
import { fingerprintsFile } from "../host/guards/data/secretFingerprints";
import { unroutedProblem } from "../host/guards/unrouted";
import { Progress } from "../util/progress/progress";
import { endHold } from "../host/hold/end";
import { readEndFacts } from "../host/hold/endFacts";
import { isDue, planEnd } from "../host/hold/planEnd";
import { isPortTaken, namelessServices } from "../host/hold/ready";
import type { Handler } from "./handler";
import { clearBase } from "./clearBase";
import { takeHeld } from "./hold";
import { refuseOtherEngine } from "./otherEngine";
import { containerName } from "../host/install/names/containerName";
import { renewNames } from "../host/install/network/hostNames";
import { connectAll, isConnected } from "../host/install/network/connections";
import { readFacts } from "../host/install/readFacts";
import { postgresDataPath } from "../host/install/data/postgresData";
import { routeUploads, uploadsRouted } from "../host/install/storage/uploads";

/** Seconds a data service may take to be ready; Postgres recovers its log in that time after a hard stop. */
const readySeconds = 180;

/** Command that prints the cluster's identity; it asks over the local socket, so no password is sent. */
const clusterQuestion = [
  "sh",
  "-c",
  'psql -XAtqw -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "select system_identifier from pg_control_system()"',
];

/** Reads the identity of a database's cluster; undefined where the database does not answer. */
async function clusterOf(engine: Engine, postgres: string): Promise<string | undefined> {
  const { exitCode, output } = await engine.exec(postgres, clusterQuestion);
  return exitCode === 0 ? output.trim() : undefined;
}

function runningOf(engine: Engine, install: string): Promise<ContainerSummary[]> {
  return engine.containers({ labels: [`${label.install}=${install}`] });
}

/** Returns base's containers, without a stopped gateway while another container still has its port. */
async function startable(
  engine: Engine,
  containers: BaseReadyInputs["containers"],
  portHolder: string | undefined,
): Promise<BaseReadyInputs["containers"]> {
  if (!(await isPortTaken(engine, portHolder))) return containers;
  const { gateway, ...others } = containers;
  const waits = gateway !== undefined && (await engine.inspect(gateway))?.running !== true;
  return waits ? others : containers;
}

/** Handler of the resource BaseReady. */
export const baseReady: Handler<BaseReadyInputs> = {
  id: ({ install }) => install,

  // An earlier version of this module did not record the engine, and its absence is no change of base.
  incidental: ["engine"],

  async differs({ install, dockerHost, containers: all, bucket, connections = [], portHolder }) {
    const engine = connect(dockerHost);
    const containers = await startable(engine, all, portHolder);
    const running = await runningOf(engine, install);
    const [nameless, end, routed, ...connected] = await Promise.all([
      namelessServices(engine, running),
      readEndFacts(engine, install),
      containers.gateway === undefined || uploadsRouted(engine, { install, bucket }),
      ...connections.map((connection) => isConnected(engine, connection)),
    ]);
    const ids = new Set(running.filter(({ state }) => state === "running").map(({ id }) => id));
    return (
      !routed ||
      nameless.length > 0 ||
      planEnd(end).some(isDue) ||
      connected.includes(false) ||
      Object.values(containers).some((id) => !ids.has(id))
    );
  },

  async apply(inputs, { say, signal, stack }) {
    const { install, dockerHost, madeWith: fingerprints, bucket, connections = [], postgresData } = inputs;
    const engine = connect(dockerHost);
    const containers = await startable(engine, inputs.containers, inputs.portHolder);
    const progress = new Progress(say);
    const watch = {
      timeoutSeconds: readySeconds,
      signal,
      waiting: (title: string, reason: string) => progress.waiting(title, reason),
    };
    try {
      await progress.step("base ready", () =>
        Promise.all(
          Object.entries(containers).map(async ([service, id]) => {
            const name = containerName(install, service);
            const starting = service === "gateway" ? startGateway(engine, id) : engine.start(id);
            await starting.catch((error: unknown) => {
              throw notStarted(error, { kind: "container", name, recreate: upCommand(stack) });
            });
            await untilReady(engine, { id, name, title: service }, watch);
          }),
        ),
      );
      const nameless = await namelessServices(engine, await runningOf(engine, install));
      if (nameless.length > 0)
        await progress.step(`have ${nameless.map(({ name }) => name).join(", ")} found by name again`, () =>
          renewNames(engine, nameless),
        );
      await endHold(engine, install, takeHeld(install), progress, watch);
      if (containers.gateway !== undefined) await routeUploads(engine, { install, bucket });
      // Write them only once Postgres is ready: it creates its data only in an empty folder.
      if (fingerprints !== undefined && containers.postgres !== undefined)
        await engine.writeFile(
          containers.postgres,
          `${postgresData ?? postgresDataPath}/${fingerprintsFile}`,
          fingerprints,
        );
      await connectAll(engine, connections);
      const unrouted = unroutedProblem(
        await readFacts(engine, { name: install, gateway: containerName(install, "gateway") }),
        stack,
      );
      if (unrouted !== undefined) progress.note(renderProblem(unrouted));
      return containers.postgres === undefined ? {} : { cluster: await clusterOf(engine, containers.postgres) };
    } catch (error) {
      throw new Error(withLogTail(error));
    }
  },

  /**
   * Refuses where base must stay. Pulumi deletes BaseReady before the containers it depends on, so nothing has been
   * touched by then.
   */
  async remove(inputs, { stack }) {
    const { install, dockerHost } = inputs;
    const engine = connect(dockerHost);
    await refuseOtherEngine(engine, inputs);
    await clearBase(engine, install, stack, isSet("allowDowntime"));
  },
};
