import type { ContainerSummary, Engine } from "../../engine/engine";
import { isBackend } from "../../gateway/routes";
import { networkName } from "./addresses";
import { baseNetworksOf } from "../drift/alteration";
import { replaceable, type ReplaceableService } from "../services/bundled";
import { hasBaseName } from "../names/containerName";
import { label } from "../names/labels";

/** Seconds the engine's DNS may take for a name it has to know. */
const answerSeconds = 3;

/** Word a line about a name that is not found begins with. */
const unknownWord = "unknown";

/** Looks its arguments up as hosts, all at once, and prints those that are not found. An image without the tools says nothing. */
const lookUpScript = [
  "command -v getent > /dev/null && command -v timeout > /dev/null || exit 0",
  `for name in "$@"; do timeout ${answerSeconds} getent hosts "$name" > /dev/null || echo "${unknownWord} $name" & done`,
  "wait",
].join("\n");

type Listed = Pick<ContainerSummary, "id" | "name" | "labels" | "state" | "networks">;

/**
 * Names of the running containers that others do not find by their host name any more: base's services, the
 * data-provider, and what the gateway looks up of a release. The engine's DNS forgets every name when the engine leaves a
 * swarm, and learns one again when its container starts or joins a network.
 * @param containers of an install, in whatever state
 */
export async function readNameless(engine: Engine, containers: readonly Listed[]): Promise<string[]> {
  const running = containers.filter(({ state }) => state === "running");
  const services = running.filter((one) => hasBaseName(one) && hostOf(one) !== undefined);
  const released = running.filter((one) => label.release in one.labels);
  const providers = released.filter((one) => hostOf(one) !== undefined);
  const gateways = running.filter((one) => hasBaseName(one) && one.labels[label.service] === "gateway");
  const backends = released.filter(({ labels }) => isBackend(labels[label.service] ?? ""));
  // A data-provider is on every network of base's services. Without one nobody looks the mail server up, and one of those
  // that an api looks up asks for all of them.
  const onData = services.filter(({ labels }) => baseNetworksOf[labels[label.service] ?? ""]?.includes("data"));
  const askers = providers.length > 0 ? providers : onData.slice(0, 1);
  const found = await Promise.all([
    ...askers.map((asker) => namelessFor(engine, asker, [...new Set([...services, asker])])),
    ...gateways.map((gateway) => namelessFor(engine, gateway, backends)),
  ]);
  return [...new Set(found.flat())];
}

/** Which of these a container does not find, of those it shares a network with. */
async function namelessFor(engine: Engine, asker: Listed, others: readonly Listed[]): Promise<string[]> {
  const near = others.filter(({ networks }) => Object.keys(networks).some((name) => name in asker.networks));
  if (near.length === 0) return [];
  const hosts = near.map((one) => hostOf(one) ?? one.name);
  const { output } = await engine
    .exec(asker.id, ["sh", "-c", lookUpScript, "names", ...hosts])
    .catch(async (error: unknown) => {
      // It may have stopped since it was listed.
      if ((await engine.inspect(asker.id))?.state === "running") throw error;
      return { output: "" };
    });
  const unknown = output.split("\n").map((line) => line.trim());
  return near.filter((_, at) => unknown.includes(`${unknownWord} ${hosts[at]}`)).map(({ name }) => name);
}

/** Name by which releases reach a container; undefined for one they do not look up so. Pure. */
function hostOf({ labels }: Pick<Listed, "labels">): string | undefined {
  const service = labels[label.service] ?? "";
  if (label.release in labels) return service === "data-provider" ? service : undefined;
  return service in replaceable ? replaceable[service as ReplaceableService].host : undefined;
}

/**
 * Has the engine's DNS learn the names of base's services again: each leaves its networks and joins them at once. It
 * goes on running and has the address it had, so connections to it outlive the moment.
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
