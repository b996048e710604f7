import { details, type Engine } from "../engine/engine";
import { bodyVariable, callScript, parseResult, redact, type Call } from "../scani/cloud/call";
import { answerOf, type Answer } from "../scani/cloud/classify";
import { valueIn } from "../install/services/environment";
import { localCloudUrl } from "../install/services/release";
import type { Tier } from "../../settings";
import { OperatorError } from "../../util/operatorError";
import type { ReleaseContainer } from "../install/facts";
import type { Progress } from "../../util/progress/progress";

/** Seconds the data-provider may take to answer its first call: tier 1's has just been started. */
const firstAnswerSeconds = 10;

/** Seconds a search may take, since the data-provider asks other services in turn. */
const searchSeconds = 15;

const tokenSearch: Call = {
  procedure: `tokens.search?input=${encodeURIComponent(JSON.stringify({ query: "bitcoin", limit: 1 }))}`,
};

/** Call that reaches the bucket behind a data-provider, by asking for an object that does not exist. */
export const storageCall: Call = {
  procedure: "storage.objectExists",
  body: JSON.stringify({ key: "temp/scani-soak/nothing.txt" }),
};

/**
 * Checks from inside the new api that it uses its tier's data-provider: by its environment, a call with its own key,
 * and the line it logged at boot.
 * @throws OperatorError
 */
export async function verify(engine: Engine, api: ReleaseContainer, progress: Progress): Promise<void> {
  const { environment, startedAt } = await details(engine, api.id);
  const url = valueIn(environment, "SCANI_CLOUD_URL");
  const mistake = tierMistake(api.tier, url);
  if (mistake !== undefined) throw new OperatorError({ what: mistake });

  const provider = await askProvider(engine, api.id, environment, firstAnswerSeconds);
  if (!provider.ok) throw new OperatorError({ what: provider.why });
  const search = await askProvider(engine, api.id, environment, searchSeconds, tokenSearch);
  if (!search.ok && api.tier === "tier2") throw new OperatorError({ what: `Tokens cannot be searched: ${search.why}` });
  if (!search.ok) progress.note(`tokens cannot be searched: ${search.why}`);

  const log = await engine.logSince(api.id, Date.parse(startedAt) / 1000);
  const said = bootTarget(log);
  if (said === undefined) progress.note("the api's boot log does not name its data-provider; nothing contradicts it");
  else if (said !== api.tier && said !== url) {
    throw new OperatorError({ what: `The api's boot log names ${said}, but ${api.tier} uses ${url}` });
  }
}

/**
 * Makes an authenticated call to the data-provider from inside an api, and returns what its answer means.
 * @param environment variables of the api
 * @param seconds time limit of the whole call
 * @param call by default one that is cheap and free of side effects
 */
export async function askProvider(
  engine: Engine,
  api: string,
  environment: readonly string[],
  seconds: number,
  call?: Call,
): Promise<Answer> {
  const body = call?.body === undefined ? [] : [`${bodyVariable}=${call.body}`];
  const { output, errors } = await engine.capture(api, ["sh", "-c", callScript(seconds, call)], body);
  return answerOf(
    valueIn(environment, "SCANI_CLOUD_URL"),
    parseResult(redact(valueIn(environment, "SCANI_CLOUD_API_KEY"), output === "" ? errors : output)),
  );
}

/** Returns what is wrong with an api's data-provider URL for its tier; undefined when nothing is. Pure. */
export function tierMistake(tier: Tier, url: string): string | undefined {
  if (url === "") return `The api of ${tier} has no SCANI_CLOUD_URL`;
  if ((tier === "tier1") !== (url === localCloudUrl))
    return `The api of ${tier} has SCANI_CLOUD_URL=${url}, which is not this tier's`;
  return undefined;
}

/**
 * Returns what the api's boot log says about its tier: a tier's name (as the guide shows: `tier=tier2`), or the
 * data-provider's URL (as release 0.17.1 logs: JSON with `scaniCloudUrl`). Undefined when it says neither. Pure.
 */
export function bootTarget(log: string): string | undefined {
  const tier = /\btier=(tier[12])\b/.exec(log)?.[1];
  if (tier !== undefined) return tier;
  const url = /"scaniCloudUrl":\s*"([^"]+)"/.exec(log)?.[1] ?? /\bcloudUrl=(\S+)/.exec(log)?.[1];
  return url;
}
