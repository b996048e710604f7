import { isDeepStrictEqual } from "node:util";
import { connectDocker } from "../../host/engine/connect";
import { engineOver } from "../../host/engine/docker/dockerEngine";
import { isNotFound, type ContainerState, type Engine, type EngineError } from "../../host/engine/engine";
import { ensureImages } from "../../lab/images";
import { removeNetwork } from "../../lab/throwaway/network";
import { FakeEngine } from "../unit/host/fakeEngine";
import { until } from "./traffic";
import { pause } from "../../lab/throwaway/pause";

/**
 * Comparison of the fake engine, which most unit tests use, with a real one: every call in every state of a container
 * gives the same answer or error, and leaves the same state.
 */

jest.setTimeout(180_000);

const states = ["created", "running", "paused", "restarting", "exited", "gone"] as const;
type State = (typeof states)[number];

const label = `scani.contract=${process.pid}`;
const network = `scani-contract-${process.pid}`;

/** Calls on a container, with the part of the answer the product uses. */
const calls: Readonly<Record<string, (engine: Engine, id: string) => Promise<unknown>>> = {
  inspect: async (engine, id) => (await engine.inspect(id))?.running,
  "list what runs": async (engine, id) => idsOf(await engine.containers({ labels: [label] })).includes(id),
  "list all": async (engine, id) => idsOf(await engine.containers({ labels: [label], all: true })).includes(id),
  exec: async (engine, id) => (await engine.exec(id, ["true"])).exitCode,
  capture: async (engine, id) => (await engine.capture(id, ["true"])).exitCode,
  hold: async (engine, id) => {
    const held = await engine.hold(id, ["sh", "-c", "echo held; cat"]);
    await held?.end();
    return held !== undefined;
  },
  "read a file that is not there": (engine, id) => engine.readFile(id, "/none"),
  "files of a folder that is not there": (engine, id) => engine.fileNames(id, "/none"),
  "restart policy": (engine, id) => engine.setRestartPolicy(id, "no"),
  "join a network": (engine, id) => engine.connectNetwork(network, id),
  "leave a network it is not on": (engine, id) => engine.disconnectNetwork(network, id),
  start: (engine, id) => engine.start(id),
  stop: (engine, id) => engine.stop(id, 1),
  restart: (engine, id) => engine.restart(id),
  remove: (engine, id) => engine.remove(id),
  "remove without force": (engine, id) => engine.remove(id, { force: false }),
};

const idsOf = (all: readonly { readonly id: string }[]): string[] => all.map(({ id }) => id);

/** Answer or error of a call, and the container's state afterwards. */
interface Outcome {
  readonly answer?: unknown;
  /** HTTP status of the error. */
  readonly refused?: number;
  readonly after: ContainerState | "gone";
}

async function outcomeOf(engine: Engine, id: string, call: (typeof calls)[string]): Promise<Outcome> {
  const answered = await call(engine, id).then(
    (answer) => ({ answer }),
    (error: EngineError) => ({ refused: error.statusCode }),
  );
  return { ...answered, after: (await engine.inspect(id))?.state ?? "gone" };
}

const docker = connectDocker();
const real = engineOver(docker);
/** Containers of the real engine, by state and call. */
const made = new Map<string, string>();
let image: string;

/** Brings a container of the real engine into a state. */
async function bring(state: State): Promise<string> {
  const crashes = state === "restarting";
  const id = await real.create({
    image,
    labels: Object.fromEntries([label.split("=") as [string, string]]),
    entrypoint: crashes ? ["false"] : ["sleep", "600"],
  });
  if (state === "gone") await real.remove(id);
  if (state === "created" || state === "gone") return id;
  if (crashes) await real.setRestartPolicy(id, "always");
  await real.start(id);
  if (state === "paused") await pause(docker.getContainer(id));
  if (state === "exited") await real.stop(id, 0);
  // Docker doubles the wait before each restart; from the seventh on it is longer than the call takes.
  if (crashes)
    await until(async () => {
      const { restarts, state: now } = (await real.inspect(id)) ?? {};
      return (restarts ?? 0) >= 7 && now === "restarting";
    }, 60_000);
  return id;
}

beforeAll(async () => {
  ({ redis: image } = await ensureImages({ docker, log: () => undefined, only: ["redis"] }));
  await docker.createNetwork({ Name: network, Driver: "bridge" });
  await Promise.all(
    states.flatMap((state) => Object.keys(calls).map(async (call) => made.set(`${state} ${call}`, await bring(state)))),
  );
});

afterAll(async () => {
  for (const { id } of await real.containers({ labels: [label], all: true })) await real.remove(id);
  // A container that joined the network while it restarted leaves its endpoint behind.
  await removeNetwork(docker.getNetwork(network));
});

function fakeIn(state: State): [FakeEngine, string] {
  const fake = new FakeEngine(() => ({}));
  const [key, value] = label.split("=") as [string, string];
  fake.networksThere.push({ id: network, name: network, labels: {} });
  if (state === "gone") return [fake, "none"];
  return [fake, fake.add({ name: "one", state, labels: { [key]: value } }).id];
}

describe.each(states)("a container that is %s", (state) => {
  // Skip what starts it while restarting: the container may or may not have crashed again when its state is read.
  const told = Object.keys(calls).filter((name) => state !== "restarting" || !["start", "restart"].includes(name));
  test.each(told)("%s", async (name) => {
    const call = calls[name];
    const [fake, fakeId] = fakeIn(state);
    const actual = await outcomeOf(fake, fakeId, call);
    let expected = await outcomeOf(real, made.get(`${state} ${name}`) as string, call);
    // One that is started at that very moment is in no state that has a name: ask another.
    for (let left = 2; state === "restarting" && left > 0 && !isDeepStrictEqual(actual, expected); left -= 1)
      expected = await outcomeOf(real, await bring(state), call);
    expect(actual).toEqual(expected);
  });
});

test("a network a container is on is refused, and its absence is not", async () => {
  const id = await bring("running");
  await real.connectNetwork(network, id);
  const fake = new FakeEngine();
  fake.networksThere.push({ id: "n", name: network, labels: {} });
  fake.add({ name: "one", state: "running", networks: [network] });
  const refusals = [];
  for (const engine of [real, fake])
    refusals.push(
      await engine.removeNetwork(network).then(
        () => undefined,
        (error: EngineError) => error.statusCode,
      ),
    );
  expect(refusals).toEqual([403, 403]);
  for (const engine of [real, fake]) await engine.removeNetwork("scani-contract-none");
  for (const engine of [real, fake])
    for (const none of ["scani-contract-none", ""]) expect(await engine.inspect(none)).toBeUndefined();
  expect(isNotFound(await real.start("scani-contract-none").catch((error: unknown) => error))).toBe(true);
});
