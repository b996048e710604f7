import { randomUUID } from "node:crypto";
import { details, type Engine } from "../engine/engine";
import { readSide } from "../files/place";
import { FileStore } from "../files/store";
import { transfersFrom } from "../files/transfers";
import type { ReleaseContainer } from "../install/facts";
import type { Service } from "../install/services/release";
import { catalogue, setCommand } from "../../settings";
import { OperatorError, messageOf } from "../../util/operatorError";
import type { Progress } from "../../util/progress/progress";
import { credentialsLost, deepProblem, parseDeepHealth, type DeepHealth } from "../scani/deepHealth";

/** Folder in the api's temporary folder. */
const folder = "/tmp/scani-verify/requests";

/**
 * Checks from inside the new api what a switch of tiers moves: a file can be written, read, copied and removed, and the
 * api's own deep health is good. Notes provider keys that the release that serves has and the new one lacks: without
 * them nothing fails, but prices go missing.
 * @param members the new release's containers
 * @param serving the api that serves
 * @throws OperatorError
 */
export async function verifyMoved(
  engine: Engine,
  members: Partial<Record<Service, ReleaseContainer>> & { readonly api: ReleaseContainer },
  serving: ReleaseContainer | undefined,
  stack: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const [side, health, before] = await Promise.all([
    readSide(engine, members),
    deepHealth(engine, members.api),
    serving === undefined || serving.id === members.api.id ? undefined : deepHealth(engine, serving),
  ]);
  if (side !== undefined) {
    const current = () => signal;
    const store = new FileStore(side.place, transfersFrom(engine, members.api.id, folder, current), current);
    const wrong = await store.tryOut(randomUUID());
    if (wrong !== undefined) throw new OperatorError({ what: wrong });
  }
  if (health === undefined) progress.note("the api has no deep health that can be read; nothing contradicts it");
  const wrong = health && deepProblem(health);
  if (wrong !== undefined) throw new OperatorError({ what: `${members.api.title}: ${wrong}` });
  for (const { provider, variable } of credentialsLost(before, health)) {
    const setting = catalogue.find((one) => one.variable === variable);
    const type = setting === undefined ? "" : `; type: ${setCommand(setting.name, stack)}`;
    progress.note(`${provider} has a key in the release that serves and none in the new one (${variable})${type}`);
  }
}

async function deepHealth(engine: Engine, api: ReleaseContainer): Promise<DeepHealth | undefined> {
  const { running } = await details(engine, api.id);
  if (!running) return undefined;
  const script = 'exec curl -sS --max-time 15 "http://127.0.0.1:${PORT:-3001}/health/deep"';
  const { output } = await engine
    .exec(api.id, ["sh", "-c", script])
    .catch((error: unknown) => ({ output: messageOf(error) }));
  return parseDeepHealth(output);
}
