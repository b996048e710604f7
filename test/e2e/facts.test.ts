import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { connectDocker } from "../../host/engine/connect";
import { details } from "../../host/engine/engine";
import { containerName } from "../../host/install/names/containerName";
import { bucketMadeBy } from "../../host/install/storage/uploads";
import { label } from "../../host/install/names/labels";
import { servicesOf, services } from "../../host/install/services/release";
import { ensureImages, type ImageSet } from "../../lab/images";
import { contextOn } from "../../lab/throwaway";
import { preview } from "../../ops/preview";
import { readStatus, type Status } from "../../ops/status/read";
import { up } from "../../ops/up";
import type { Tier } from "../../settings";
import type { StepId } from "../../host/handover/steps/step";
import { hands } from "./facts/hands";
import { letsThrough, savesRoutes, resourcesIn, servingIn, stepsIn } from "./facts/said";
import { containersOf, runningServices } from "./host";
import { wholly } from "./runs/cases";
import { closeScene, openScene, type Scene } from "./scene";
import { until } from "./traffic";

jest.setTimeout(1_800_000);

/**
 * States that other tools leave on a real engine: in each, `preview` says what `up` then does, item by item, `status`
 * is true before and after, and `up` ends in one tier with its worker and nothing left over. A normal run tries the
 * same few states each time, a thorough one many others. SCANI_TEST_SEED repeats a run's states, SCANI_TEST_STATES sets
 * their number.
 */
const thorough = process.env.SCANI_TEST_THOROUGH !== undefined;
const states = Number(process.env.SCANI_TEST_STATES ?? (thorough ? 120 : 3));
const seed = Number(process.env.SCANI_TEST_SEED ?? (thorough ? Date.now() % 1_000_000 : 1));

/**
 * Cases: changes to the install, the tier that is brought up then, and whether it is tried before base, which may be
 * damaged.
 */
const cases = fc
  .sample(fc.record({ hands, to: fc.constantFrom<Tier>("tier1", "tier2"), tierFirst: fc.boolean() }), {
    numRuns: states,
    seed,
  })
  .map(
    (state, index) => [index, `${state.hands.map(({ title }) => title).join(", ")}; up ${state.to}`, state] as const,
  );

let scene: Scene;
/** Image names created here, so that images rebuilt under them concern only this test. */
const tagged: string[] = [];

beforeAll(async () => {
  console.info(`SCANI_TEST_SEED=${seed}`);
  const docker = connectDocker();
  scene = await openScene(
    "facts",
    { tier1: { soak: "0" }, tier2: { soak: "0" } },
    { docker, images: await ownImages() },
  );
  await scene.up("tier1");
  await scene.up("tier2");
  outsiders = await outsideContainers();
});
afterAll(async () => {
  await closeScene(scene);
  for (const name of tagged) await connectDocker().getImage(name).remove({ force: true, noprune: true });
});

/** Gives the images separate names for this test. */
async function ownImages(): Promise<ImageSet> {
  const docker = connectDocker();
  const images = await ensureImages({ docker, log: () => undefined });
  const repository = `scani-facts-${randomBytes(3).toString("hex")}`;
  const rename = async (image: string, service: string): Promise<string> => {
    const tag = image.slice(image.lastIndexOf(":") + 1);
    await docker.getImage(image).tag({ repo: `${repository}/${service}`, tag });
    tagged.push(`${repository}/${service}:${tag}`);
    return `${repository}/${service}:${tag}`;
  };
  for (const service of services) await rename(`${images.scaniRepository}/${service}:${images.scaniTag}`, service);
  return {
    ...images,
    scaniRepository: repository,
    redis: await rename(images.redis, "redis"),
    mail: await rename(images.mail, "mail"),
  };
}

/** Containers that are no part of the install, such as the hosted endpoint, and their names on its networks. */
let outsiders: readonly { readonly id: string; readonly on: readonly (readonly [string, string[]])[] }[];

async function outsideContainers(): Promise<typeof outsiders> {
  return (await containersOf(scene))
    .filter(({ service }) => ["hosted", "hosted-bucket"].includes(service))
    .map(({ id, info }) => ({
      id,
      on: Object.entries(info.NetworkSettings.Networks).map(([name, { Aliases }]) => [name, Aliases ?? []] as const),
    }));
}

/** Reconnects other containers to recreated networks, which no command does. */
async function rejoin(): Promise<void> {
  for (const { id, on } of outsiders)
    for (const [name, Aliases] of on)
      await scene.docker
        .getNetwork(name)
        .connect({ Container: id, EndpointConfig: { Aliases } })
        .catch((error: { statusCode?: number }) => {
          // The container is still connected.
          if (error.statusCode !== 403) throw error;
        });
}

const status = (): Promise<Status> => readStatus(scene.engine, scene.place.install);

/** One path of each route. */
const asked = { app: "/healthz", api: "/api/readyz", auth: "/api/get-session", ws: "/api/auth/get-session" };

/** Returns true when the S3 server answers through the gateway: it refuses unsigned requests, as XML. */
async function uploadsArrive(): Promise<boolean> {
  const bucket = bucketMadeBy((await details(scene.engine, containerName(scene.place.install, "storage"))).entrypoint);
  const answered = await fetch(`${scene.place.url}/${bucket}/x`, { signal: AbortSignal.timeout(3_000) }).catch(
    () => undefined,
  );
  return answered?.status === 403 && answered.headers.get("content-type")?.includes("xml") === true;
}

/**
 * Returns true when everything a page requests is answered through the gateway, and not by the gateway itself, which
 * says of each that it is not found where it routes nothing.
 */
async function answers(): Promise<boolean> {
  const answered = Object.values(asked).map((path) =>
    fetch(`${scene.place.url}${path}`, { signal: AbortSignal.timeout(3_000) }).then(
      ({ status: code, ok }) => ok || ([asked.auth, asked.ws].includes(path) && code < 500),
      () => false,
    ),
  );
  return (await Promise.all(answered)).every(Boolean);
}

/** Reads the containers' states from the engine, and whether requests through the gateway are answered. */
async function seen(): Promise<{ readonly containers: string[]; readonly answers: boolean }> {
  const listed = await scene.docker.listContainers({
    all: true,
    filters: { label: [`${label.install}=${scene.place.install}`] },
  });
  return {
    containers: listed.map(({ Names, State }) => `${Names[0]?.slice(1)} ${State}`).sort(),
    answers: await answers(),
  };
}

/** Waits until changes have taken effect: two readings, a second apart, are the same. */
async function settled(): Promise<void> {
  let before = "";
  await until(async () => {
    const now = JSON.stringify(await seen());
    const same = now === before;
    before = now;
    if (!same) await new Promise((resolve) => setTimeout(resolve, 1_000));
    return same;
  }, 30_000);
}

/** Expects that `status` reports each container's state as the engine does, and that Scani is served when it is. */
async function expectTrueStatus(): Promise<Status> {
  const [said, truth] = [await status(), await seen()];
  expect(said.containers.map(({ name, state }) => `${name} ${state}`).sort()).toEqual(truth.containers);
  if (said.state.is === "serving")
    expect({ said: said.state, answers: truth.answers, uploads: await uploadsArrive() }).toMatchObject({
      answers: true,
      uploads: !said.state.shortcomings.some(({ what }) => what.startsWith("uploads fail")),
    });
  // If all routes answer and yet no release serves, they must lead to two releases.
  else if (truth.answers) expect(said.state).toMatchObject({ is: "mixed" });
  return said;
}

/** Output of the commands on one state. */
const printedLast: string[] = [];

async function printing(
  command: typeof up,
  stack: string,
): Promise<{ readonly printed: string; readonly failed: boolean }> {
  const lines: string[] = [];
  const failed = await command(
    contextOn(scene.place, (line) => lines.push(line)),
    stack,
  ).then(
    () => false,
    (error: Error) => {
      lines.push(error.message);
      return true;
    },
  );
  printedLast.push(lines.join("\n"));
  return { printed: lines.join("\n"), failed };
}

/** Runs preview and up, and expects that up does what preview says. @returns the output of a refusal */
async function bringUp(stack: string): Promise<string | undefined> {
  const [previewed, before] = [await printing(preview, stack), await status()];
  const done = await printing(up, stack);
  if (previewed.failed || done.failed) {
    // If one is refused, the other is too, for the same reasons.
    expect({
      preview: previewed.failed,
      up: done.failed,
      printed: `${previewed.printed}\n\n${done.printed}`,
    }).toMatchObject({ preview: true, up: true });
    return done.printed;
  }
  const both = `${previewed.printed}\n\n${done.printed}`;
  const steps = stepsIn(previewed.printed).filter((id) => id !== "soak");
  // As soon as it has the lock `up` does these, and then may have nothing left for the handover to do.
  const byLock: StepId[] = [
    ...(letsThrough(done.printed) ? (["resume"] as const) : []),
    ...(savesRoutes(done.printed) ? (["save-routes"] as const) : []),
  ];
  const isLeft = steps.some((id) => !byLock.includes(id)) || byLock.length === 0;
  const resources = Object.fromEntries(
    Object.entries(resourcesIn(previewed.printed)).filter(([name]) => isLeft || name !== `scani-${stack}-handover`),
  );
  expect({ resources, both }).toEqual({ resources: resourcesIn(done.printed), both });
  if (stack === "base") return undefined;
  const after = await status();
  const last = after.lastSwitch?.at === before.lastSwitch?.at ? undefined : after.lastSwitch;
  expect({ steps: [...steps].sort(), both }).toEqual({
    steps: [...Object.keys(last?.timings ?? {}), ...byLock].filter((id) => id !== "drain").sort(),
    both,
  });
  // Skip this where the lock has done something: `up` says what serves after that.
  if (steps.length > 0 && byLock.length === 0) expect(servingIn(done.printed)).toBe(servingIn(previewed.printed));
  return undefined;
}

/** Command that a refusal says to type. */
const baseFirst = "npm run up -- base";

test.each(cases)("%i: %s", async (_index, title, { hands: laid, to, tierFirst }) => {
  const began = Date.now();
  printedLast.length = 0;
  const hurt = laid.some(({ base }) => base);
  try {
    for (const hand of laid) await hand.lay(scene).catch(() => undefined);
    await settled();
    const first = await expectTrueStatus();
    process.stderr.write(`${title}: ${first.state.is}\n`);
    let refused: string | undefined;
    if (!hurt || tierFirst) {
      refused = await bringUp(to);
      if (refused !== undefined) expect(refused).toContain(baseFirst);
    }
    if (hurt || refused !== undefined) {
      expect(await bringUp("base")).toBeUndefined();
      await rejoin();
    }
    if ((hurt && !tierFirst) || refused !== undefined) expect(await bringUp(to)).toBeUndefined();

    const after = await expectTrueStatus();
    expect(after.state).toEqual({
      is: "serving",
      release: { tier: to, release: after.serving?.release },
      shortcomings: [],
    });
    expect(await runningServices(scene)).toEqual(wholly[to]);
    expect((await containersOf(scene)).filter(({ info }) => info.State.Paused || info.State.Restarting)).toEqual([]);
    const own = (await containersOf(scene)).filter(({ tier }) => tier === to);
    expect(own.map(({ service }) => service).sort()).toEqual([...servicesOf(to)].sort());
    for (const stack of hurt ? ["base", to] : [to])
      expect((await printing(preview, stack)).printed).toMatch(/Resources:\n\s+\d+ unchanged/);
  } catch (error) {
    process.stderr.write(`${title}: NOT SO: ${(error as Error).message}\n${printedLast.join("\n")}\n`);
    // The next state must begin with a working install.
    await printing(up, "base");
    await rejoin().catch(() => undefined);
    await printing(up, to);
    throw error;
  } finally {
    process.stderr.write(`${title}: ${Date.now() - began} ms\n`);
  }
});
