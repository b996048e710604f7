import { isConflict, isNotFound, type ContainerSummary, type Engine } from "../../engine/engine";
import { isBackend } from "../../gateway/routes";
import { networkName } from "./addresses";
import { baseNetworksOf } from "../drift/alteration";
import { replaceable, type ReplaceableService } from "../services/bundled";
import { hasBaseName } from "../names/containerName";
import { label } from "../names/labels";

/** Seconds the engine's DNS may take for a name it has to know. */
const answerSeconds = 3;

/** First word of a line about a name that is not found. */
const unknownWord = "unknown";

/** Script that looks its arguments up as hosts, concurrently, and prints those not found; nothing without the tools. */
const lookUpScript = [
  "command -v getent > /dev/null && command -v timeout > /dev/null || exit 0",
  `for name in "$@"; do timeout ${answerSeconds} getent hosts "$name" > /dev/null || echo "${unknownWord} $name" & done`,
  "wait",
].join("\n");

type Listed = Pick<ContainerSummary, "id" | "name" | "labels" | "state" | "networks">;

/**
 * Reads the names of running containers that others no longer find by their host names: base's services, the
 * data-provider, and those of a release that the gateway looks up. The engine's DNS forgets every name when the engine
 * leaves a swarm, and learns one again when its container starts or joins a network.
 * @param containers of an install, in whatever state
 */
export async function readNameless(engine: Engine, containers: readonly Listed[]): Promise<string[]> {
  const running = containers.filter(({ state }) => state === "running");
  const services = running.filter((one) => hasBaseName(one) && hostOf(one) !== undefined);
  const released = running.filter((one) => label.release in one.labels);
  const providers = released.filter((one) => hostOf(one) !== undefined);
  const gateways = running.filter((one) => hasBaseName(one) && one.labels[label.service] === "gateway");
  const backends = released.filter(({ labels }) => isBackend(labels[label.service] ?? ""));
  // Ask from the data-providers: each is on every network of base's services. Without one nobody looks the mail
  // server up, so one of the services an api looks up can ask for all of them.
  const onData = services.filter(({ labels }) => baseNetworksOf[labels[label.service] ?? ""]?.includes("data"));
  const askers = providers.length > 0 ? providers : onData.slice(0, 1);
  const found = await Promise.all([
    ...askers.map((asker) => namelessFor(engine, asker, [...new Set([...services, asker])])),
    ...gateways.map((gateway) => namelessFor(engine, gateway, backends)),
  ]);
  return [...new Set(found.flat())];
}

/** Returns the names of the containers sharing a network with the asker that it does not find. */
async function namelessFor(engine: Engine, asker: Listed, others: readonly Listed[]): Promise<string[]> {
  const near = others.filter(({ networks }) => Object.keys(networks).some((name) => name in asker.networks));
  if (near.length === 0) return [];
  const hosts = near.map((one) => hostOf(one) ?? one.name);
  const { output } = await engine
    .exec(asker.id, ["sh", "-c", lookUpScript, "names", ...hosts])
    .catch(async (error: unknown) => {
      // It may have stopped since it was listed.
      const stopped = isConflict(error) || isNotFound(error);
      if (!stopped && (await engine.inspect(asker.id))?.state === "running") throw error;
      return { output: "" };
    });
  const unknown = output.split("\n").map((line) => line.trim());
  return near.filter((_, at) => unknown.includes(`${unknownWord} ${hosts[at]}`)).map(({ name }) => name);
}

/** Returns the host name by which releases reach a container; undefined for one they do not look up so. Pure. */
function hostOf({ labels }: Pick<Listed, "labels">): string | undefined {
  const service = labels[label.service] ?? "";
  if (label.release in labels) return service === "data-provider" ? service : undefined;
  return service in replaceable ? replaceable[service as ReplaceableService].host : undefined;
}

/**
 * Makes the engine's DNS learn the names of base's services again: each leaves its networks and joins them at once. It
 * keeps running and keeps its address, so connections to it outlive the moment.
 */
export async function renewNames(engine: Engine, services: readonly Listed[]): Promise<void> {
  for (const one of services) {
    const install = one.labels[label.install] ?? "";
    const roles = baseNetworksOf[one.labels[label.service] ?? ""] ?? [];
    for (const [at, role] of roles.entries()) {
      const network = networkName(install, role);
      const endpoint = one.networks[network];
      if (endpoint === undefined) continue;
      await engine.disconnectNetwork(network, one.id);
      const names = at === 0 ? [hostOf(one)].filter((name) => name !== undefined) : [];
      await engine.connectNetwork(network, one.id, { names, address: endpoint.address });
    }
  }
}
