import type Docker from "dockerode";
import { exec } from "../engine/exec";
import { logSince } from "../engine/lifecycle";
import { localCloudUrl } from "../release/localCloud";
import type { Tier } from "../settings";
import { HostFailure } from "../engine/failure";
import type { LiveContainer } from "./live";
import type { Progress } from "../progress/progress";

/** Seconds the data-provider may take to answer one call. */
const answerSeconds = 10;

/**
 * An authenticated call from inside the api, with the URL and the key this container has. The key goes to curl on its
 * standard input, so that it is in no process list. The last line is the status.
 */
const callScript = [
  "printf 'header = \"Authorization: Bearer %s\"\\n' \"$SCANI_CLOUD_API_KEY\" |",
  `curl -sS -K - \${NODE_EXTRA_CA_CERTS:+--cacert "$NODE_EXTRA_CA_CERTS"} --max-time ${answerSeconds} -w '\\n%{http_code}' "\${SCANI_CLOUD_URL%/}/trpc/ai.status" 2>&1`,
].join(" ");

/**
 * Asks the new api whether it stands where its tier says: its environment, its data-provider with its own key, and
 * the line it logged at boot.
 * @throws HostFailure
 */
export async function verify(docker: Docker, api: LiveContainer, progress: Progress): Promise<void> {
  const container = docker.getContainer(api.id);
  const { Config: config, State: state } = await container.inspect();
  const url = valueOf(config.Env, "SCANI_CLOUD_URL");
  const mistake = tierMistake(api.tier, url);
  if (mistake !== undefined) throw new HostFailure(mistake);

  const provider = await askProvider(container);
  if (!provider.ok) throw new HostFailure(provider.why);
  if (!provider.aiImport) progress.note("the data-provider offers no AI import: screenshots cannot be read");

  const log = await logSince(docker, api.id, Date.parse(state.StartedAt) / 1000);
  const said = bootTarget(log);
  if (said === undefined) progress.note("the api's boot log does not name its data-provider; nothing contradicts it");
  else if (said !== api.tier && said !== url) {
    throw new HostFailure(`The api's boot log names ${said}, but ${api.tier} stands at ${url}`);
  }
}

/** An authenticated call to the data-provider from inside an api, and what its answer means. */
export async function askProvider(api: Docker.Container): Promise<ReturnType<typeof judgeCall>> {
  const [{ Config: config }, called] = await Promise.all([api.inspect(), exec(api, ["sh", "-c", callScript])]);
  return judgeCall(valueOf(config.Env, "SCANI_CLOUD_URL"), called.output);
}

function valueOf(environment: readonly string[], name: string): string {
  return environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}

/** What is wrong with an api's data-provider URL for its tier; undefined when nothing is. Pure. */
export function tierMistake(tier: Tier, url: string): string | undefined {
  if (url === "") return `The api of ${tier} has no SCANI_CLOUD_URL`;
  if ((tier === "tier1") !== (url === localCloudUrl)) return `The api of ${tier} has SCANI_CLOUD_URL=${url}, which is not this tier's`;
  return undefined;
}

/** What a data-provider's answer means. `output` is the body, then the status on a line of its own. Pure. */
export function judgeCall(url: string, output: string): { ok: true; aiImport: boolean } | { ok: false; why: string } {
  const at = output.lastIndexOf("\n");
  const status = Number(output.slice(at + 1));
  const body = output.slice(0, Math.max(at, 0)).trim();
  const short = body.replace(/\s+/g, " ").slice(0, 200);
  if (status === 0 || Number.isNaN(status)) return { ok: false, why: `${url} cannot be reached from the api: ${short || output.trim()}` };
  if (status === 401 || status === 403) return { ok: false, why: `${url} refuses this container's key (${status}): ${short}` };
  if (status !== 200) return { ok: false, why: `${url} answers ${status}: ${short}` };
  try {
    const data = JSON.parse(body).result.data;
    return { ok: true, aiImport: data.hasAvailableProvider === true };
  } catch {
    return { ok: false, why: `${url} answers with something that is no data-provider: ${short}` };
  }
}

/**
 * What the api's boot log says about its tier: a tier's name (as the guide shows: `tier=tier2`), or the data-provider's
 * URL (as release 0.17.1 logs: JSON with `scaniCloudUrl`). Undefined when it says neither. Pure.
 */
export function bootTarget(log: string): string | undefined {
  const tier = /\btier=(tier[12])\b/.exec(log)?.[1];
  if (tier !== undefined) return tier;
  const url = /"scaniCloudUrl":\s*"([^"]+)"/.exec(log)?.[1] ?? /\bcloudUrl=(\S+)/.exec(log)?.[1];
  return url;
}
