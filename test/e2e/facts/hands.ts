import type Docker from "dockerode";
import fc from "fast-check";
import { setTimeout as pause } from "node:timers/promises";
import { gatewayStateFile, gatewayStatePath } from "../../../host/gateway/state";
import { routeCommand, routes, servedBy, type Route } from "../../../host/gateway/routes";
import { label } from "../../../host/install/names/labels";
import { servicesOf, type Service } from "../../../host/install/services/release";
import { containerName } from "../../../host/install/names/containerName";
import { uploadsRouteName } from "../../../host/install/storage/uploads";
import type { Tier } from "../../../settings";
import { containersOf, type Seen } from "../host";
import type { Scene } from "../scene";
import { pause as pauseContainer } from "../../../lab/throwaway/pause";

/** A change somebody makes to an install with other tools. */
export interface Hand {
  readonly title: string;
  /** True when it changes base, which then has to be brought up. */
  readonly base: boolean;
  /** Makes the change; if the engine refuses, as to pause a stopped container, nothing changes. */
  lay(scene: Scene): Promise<void>;
}

/** Owner of a container: a tier, or base. */
type Owner = Tier | "base";

const tiers: readonly Tier[] = ["tier1", "tier2"];
const baseServices = ["gateway", "postgres", "redis", "storage", "mail"] as const;

const found = async (scene: Scene, owner: Owner, service: string): Promise<Seen | undefined> =>
  (await containersOf(scene)).find(
    (seen) => seen.service === service && seen.tier === (owner === "base" ? undefined : owner),
  );

/** Changes to one container. */
const acts: Readonly<Record<string, (one: Docker.Container, seen: Seen, scene: Scene) => Promise<unknown>>> = {
  pause: (one) => pauseContainer(one),
  stop: (one) => one.stop({ t: 3 }),
  kill: (one) => one.kill(),
  restart: (one) => one.restart({ t: 3 }),
  start: (one) => one.start(),
  remove: (one) => one.remove({ force: true }),
  "forbid restarts of": (one) => one.update({ RestartPolicy: { Name: "no" } }),
  "rename away": (one, { name }) => one.rename({ name: `${name}-renamed` }),
  // A container that does not run has the id 0, which is that of this process's own group.
  crash: async (_one, { info }) => info.State.Pid > 0 && process.kill(info.State.Pid, "SIGKILL"),
  "crash-loop": crashLoop,
  recreate,
  disconnect: (_one, seen, scene) => disconnect(scene, seen, 0),
  "disconnect from its last network": (_one, seen, scene) => disconnect(scene, seen, -1),
};

/** Kills a container repeatedly until Docker waits seconds before the next restart. */
async function crashLoop(one: Docker.Container): Promise<void> {
  for (let crashes = 0; crashes < 7;) {
    const { State: state } = await one.inspect();
    if (state.Running && state.Pid > 0) {
      process.kill(state.Pid, "SIGKILL");
      crashes += 1;
    } else if (!state.Restarting) return;
    await pause(50);
  }
}

/** Recreates a container as tools that update containers do, with the same name, labels and settings. */
async function recreate(one: Docker.Container, { info, running }: Seen, { docker }: Scene): Promise<void> {
  await one.remove({ force: true });
  const [first, ...others] = Object.entries(info.NetworkSettings.Networks);
  const endpoint = ([, { IPAMConfig, Aliases }]: [string, Docker.EndpointSettings]) => ({ IPAMConfig, Aliases });
  const copy = await docker.createContainer({
    name: info.Name.slice(1),
    ...info.Config,
    HostConfig: { ...info.HostConfig, NetworkMode: first?.[0] },
    NetworkingConfig: { EndpointsConfig: first && { [first[0]]: endpoint(first) } },
  });
  for (const other of others)
    await docker.getNetwork(other[0]).connect({ Container: copy.id, EndpointConfig: endpoint(other) });
  if (running) await copy.start();
}

async function disconnect({ docker }: Scene, { id, info }: Seen, at: number): Promise<void> {
  const network = Object.keys(info.NetworkSettings.Networks).at(at);
  if (network !== undefined) await docker.getNetwork(network).disconnect({ Container: id, Force: true });
}

function container(act: string, owner: Owner, service: string): Hand {
  return {
    title: `${act} ${owner} ${service}`,
    base: owner === "base",
    lay: async (scene) => {
      const seen = await found(scene, owner, service);
      if (seen !== undefined) await acts[act]?.(scene.docker.getContainer(seen.id), seen, scene);
    },
  };
}

const gateway = ({ place }: Scene): string => containerName(place.install, "gateway");
const inGateway = async (scene: Scene, words: readonly string[]): Promise<void> => {
  await scene.engine.exec(gateway(scene), words);
};

function route(act: "unroute" | "hold" | "refuse", one: Route): Hand {
  const command = { unroute: "remove", hold: "pause", refuse: "stop" }[act];
  return { title: `${act} ${one}`, base: false, lay: (scene) => inGateway(scene, ["kamal-proxy", command, one]) };
}

/** Returns a change to the route of uploads, which belongs to base. */
function uploads(act: "lose" | "hold" | "refuse"): Hand {
  const command = { lose: "remove", hold: "pause", refuse: "stop" }[act];
  return {
    title: `${act} the uploads`,
    base: false,
    lay: (scene) => inGateway(scene, ["kamal-proxy", command, uploadsRouteName]),
  };
}

function misroute(one: Route, tier: Tier): Hand {
  return {
    title: `route ${one} to ${tier}`,
    base: false,
    lay: async (scene) => {
      const target = await found(scene, tier, servedBy(one));
      if (target?.running === true) await inGateway(scene, [...routeCommand(one, target.name, 1)]);
    },
  };
}

/** Restricts a route to one host name, as a deploy by hand may. */
function forOneHost(one: Route): Hand {
  return {
    title: `route ${one} of one host`,
    base: false,
    lay: async (scene) => {
      const target = await found(scene, "tier1", servedBy(one));
      if (target?.running === true)
        await inGateway(scene, [...routeCommand(one, target.name, 1), "--host=example.org"]);
    },
  };
}

/** Rewrites the gateway's state file while it is stopped, and restarts it. */
async function rewriteState(scene: Scene, change: (contents: string) => string): Promise<void> {
  const contents = (await scene.engine.readFile(gateway(scene), gatewayStateFile)) ?? "";
  await scene.engine.stop(gateway(scene));
  await scene.engine.writeFile(gateway(scene), gatewayStateFile, change(contents));
  await scene.engine.start(gateway(scene));
}

/** Removes what `docker system prune` and `docker volume prune` remove of an install. */
async function prune(scene: Scene): Promise<void> {
  const filters = { label: [`${label.install}=${scene.place.install}`] };
  for (const { Id } of await scene.docker.listContainers({
    all: true,
    filters: { ...filters, status: ["exited", "created", "dead"] },
  }))
    await scene.docker.getContainer(Id).remove();
  for (const { Id } of await scene.docker.listNetworks({ filters }))
    await scene.docker
      .getNetwork(Id)
      .remove()
      .catch(() => undefined);
  for (const { Name } of (await scene.docker.listVolumes({ filters: { ...filters, dangling: ["true"] } })).Volumes)
    await scene.docker.getVolume(Name).remove();
}

/** Removes a network and disconnects its containers. */
function cut(title: string, labels: (scene: Scene) => readonly string[], base: boolean): Hand {
  return {
    title: `remove the ${title} network`,
    base,
    lay: async ({ docker, ...scene }) => {
      for (const { Id } of await docker.listNetworks({ filters: { label: [...labels(scene as Scene)] } })) {
        const info = (await docker.getNetwork(Id).inspect()) as { Containers?: Record<string, unknown> };
        for (const Container of Object.keys(info.Containers ?? {}))
          await docker.getNetwork(Id).disconnect({ Container, Force: true });
        await docker.getNetwork(Id).remove();
      }
    },
  };
}

function retag(owner: Owner, service: string): Hand {
  return {
    title: `build the image of ${owner} ${service} anew`,
    base: owner === "base",
    lay: async (scene) => {
      const seen = await found(scene, owner, service);
      if (seen === undefined) return;
      const name = owner === "base" ? scene.images[service as "redis"] : imageOf(scene, service as Service);
      const at = name.lastIndexOf(":");
      const of = await scene.docker.createContainer({ Image: name });
      await of.commit({ repo: name.slice(0, at), tag: name.slice(at + 1), changes: `LABEL built=${Date.now()}` });
      await of.remove();
    },
  };
}

const imageOf = ({ images }: Scene, service: Service): string =>
  `${images.scaniRepository}/${service}:${images.scaniTag}`;

const other = (title: string, lay: Hand["lay"], base = false): Hand => ({ title, base, lay });

const tierServices = tiers.flatMap((tier) => servicesOf(tier).map((service) => [tier, service] as const));
const actNames = Object.keys(acts);
const mild = ["pause", "stop", "kill", "restart", "start", "crash"];

/** Every change, by kind; each kind is equally likely. */
const kinds: readonly (readonly Hand[])[] = [
  tierServices.flatMap(([tier, service]) => mild.map((act) => container(act, tier, service))),
  tierServices.flatMap(([tier, service]) => actNames.map((act) => container(act, tier, service))),
  baseServices.flatMap((service) => actNames.map((act) => container(act, "base", service))),
  [
    ...routes.flatMap((one) => (["unroute", "hold", "refuse"] as const).map((act) => route(act, one))),
    ...routes.map(forOneHost),
    ...(["lose", "hold", "refuse"] as const).map(uploads),
    other("hold api and uploads, and stop the gateway", async (scene) => {
      for (const name of ["api", uploadsRouteName]) await inGateway(scene, ["kamal-proxy", "pause", name]);
      await scene.engine.stop(gateway(scene));
    }),
    ...routes.flatMap((one) => tiers.map((tier) => misroute(one, tier))),
    other("route api to nothing", (scene) =>
      rewriteState(scene, (contents) => contents.replaceAll(/"[^"]*:3001"/g, '"nobody:3001"')),
    ),
    other("lose the routes", (scene) => rewriteState(scene, () => "")),
    other("empty the saved routes", (scene) => inGateway(scene, ["sh", "-c", `: > ${gatewayStateFile}`])),
    other("cut the routes short", (scene) => rewriteState(scene, (contents) => contents.slice(0, 40))),
  ],
  [
    other("cut the record short", (scene) =>
      scene.engine.writeFile(gateway(scene), `${gatewayStatePath}/scani-handovers.json`, '[{"at": "20'),
    ),
    other("leave the run lock", (scene) =>
      inGateway(scene, ["sh", "-c", `echo '{"pid": 1, "host": "elsewh' > ${gatewayStatePath}/scani-entrance.lock`]),
    ),
    other("prune", prune, true),
    ...tiers.map((tier) =>
      cut(tier, ({ place }) => [`${label.install}=${place.install}`, `${label.tier}=${tier}`], false),
    ),
  ],
  [
    ...(["edge", "data", "mail"] as const).map((role) =>
      other(
        `remove the ${role} network`,
        async (scene) => {
          const one = scene.docker.getNetwork(`${scene.place.install}-${role}`);
          const info = (await one.inspect()) as { Containers?: Record<string, unknown> };
          for (const Container of Object.keys(info.Containers ?? {})) await one.disconnect({ Container, Force: true });
          await one.remove();
        },
        true,
      ),
    ),
  ],
  [...tierServices.map(([tier, service]) => retag(tier, service)), retag("base", "redis"), retag("base", "mail")],
];

/** One to three changes. */
export const hands: fc.Arbitrary<readonly Hand[]> = fc.array(
  fc.oneof(...kinds.map((kind) => fc.constantFrom(...kind))),
  { minLength: 1, maxLength: 3 },
);
