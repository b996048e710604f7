import type { StandingInputs } from "../host/install/resources";
import { label } from "../host/install/labels";
import { connect } from "../host/engine/connect";
import { isSet, howToSet } from "../settings";
import { withLogTail } from "../util/operatorError";
import { untilReady } from "../host/engine/ready";
import { keptFile } from "../host/guards/kept";
import { Progress } from "../util/progress/progress";
import { downCommand } from "../util/commands";
import type { Handler } from "./handler";
import { containerName } from "../host/install/containerName";
import { postgresDataPath } from "../host/install/postgresData";
import { routeUploads, uploadsRouted } from "../host/install/uploads";

/** Seconds a data service may take to be ready; Postgres recovers its log in that time after a hard stop. */
const readySeconds = 180;

const keptPath = `${postgresDataPath}/${keptFile}`;

/** What Pulumi calls for Standing. */
export const standing: Handler<StandingInputs> = {
  id: ({ install }) => install,

  async differs({ install, dockerHost, containers, bucket }) {
    const engine = connect(dockerHost);
    const [running, routed] = await Promise.all([
      engine.containers({ labels: [`${label.install}=${install}`] }),
      uploadsRouted(engine, { install, bucket }),
    ]);
    const ids = new Set(running.map(({ id }) => id));
    return !routed || Object.values(containers).some((id) => !ids.has(id));
  },

  async apply({ install, dockerHost, containers, madeWith, bucket }, { say, signal }) {
    const engine = connect(dockerHost);
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
            await engine.start(id);
            await untilReady(engine, { id, name: containerName(install, service), title: service }, watch);
          }),
        ),
      );
      await routeUploads(engine, { install, bucket });
      // Not before it is ready: Postgres makes its data in an empty folder only.
      if (madeWith !== undefined && containers.postgres !== undefined)
        await engine.writeFile(containers.postgres, keptPath, madeWith);
    } catch (error) {
      throw new Error(withLogTail(error));
    }
  },

  /** Pulumi deletes Standing before the containers it depends on, so nothing has been touched by then. */
  async remove({ install, dockerHost }) {
    if (isSet("allowDowntime")) return;
    const releases = await connect(dockerHost).containers({
      labels: [`${label.install}=${install}`, label.release],
      all: true,
    });
    if (releases.length === 0) return;
    const tiers = [...new Set(releases.map(({ labels }) => labels[label.tier]))].sort();
    throw new Error(
      [
        `Base carries ${tiers.join(" and ")}; destroying it would take the data services from under Scani. Nothing has been touched.`,
        `Take the tiers down first (${downCommand(String(tiers[0]))}), or to take Scani down on purpose, ${howToSet("allowDowntime")}.`,
      ].join("\n"),
    );
  },
};
