import { label } from "../container/labels";
import { connect } from "../engine/connect";
import { withLogTail } from "../engine/failure";
import { start } from "../engine/lifecycle";
import { untilReady } from "../engine/ready";
import { allowsDowntime, downtimeHint } from "../engine/downtime";
import { Progress } from "../progress/progress";

/** What Pulumi calls for the Standing resource. */

/** The resource's inputs. No secrets. */
export interface StandingInputs {
  readonly install: string;
  readonly dockerHost?: string;
  /** Container ids by service. */
  readonly containers: Readonly<Record<string, string>>;
}

/** Seconds a data service may take to be ready; Postgres recovers its log in that time after a hard stop. */
const readySeconds = 180;

/** True when one of base's containers does not run. */
export async function fell(inputs: StandingInputs): Promise<boolean> {
  const docker = connect(inputs.dockerHost);
  const running = await docker.listContainers({ filters: { label: [`${label.install}=${inputs.install}`] } });
  const ids = new Set(running.map(({ Id }) => Id));
  return Object.values(inputs.containers).some((id) => !ids.has(id));
}

/** Starts what does not run and waits until everything is ready. */
export async function stand(inputs: StandingInputs): Promise<void> {
  const docker = connect(inputs.dockerHost);
  const progress = new Progress((line) => console.log(line));
  const waiting = (title: string, reason: string) => progress.waiting(title, reason);
  try {
    await progress.step("base ready", () => Promise.all(Object.entries(inputs.containers).map(async ([service, id]) => {
      await start(docker, id);
      await untilReady(docker, { id, name: `${inputs.install}-${service}`, title: service }, readySeconds, waiting);
    })));
  } catch (error) {
    throw new Error(withLogTail(error));
  }
}

/** Refuses to let base go while a release stands on it: Pulumi deletes this resource first, so nothing has been touched. */
export async function refuseUnderRelease(inputs: StandingInputs): Promise<void> {
  if (allowsDowntime()) return;
  const docker = connect(inputs.dockerHost);
  const releases = await docker.listContainers({ all: true, filters: { label: [`${label.install}=${inputs.install}`, label.release] } });
  if (releases.length === 0) return;
  const tiers = [...new Set(releases.map(({ Labels }) => Labels[label.tier]))].sort();
  throw new Error([
    `Base carries ${tiers.join(" and ")}; destroying it would take the data services from under Scani. Nothing has been touched.`,
    `Take the tiers down first (npm run down -- ${tiers[0]}), or ${downtimeHint}.`,
  ].join("\n"));
}
