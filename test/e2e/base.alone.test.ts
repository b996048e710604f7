import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectDocker } from "../../host/engine/connect";
import { listCommand, parseListing } from "../../host/gateway/deploy";
import { chooseSubject, type Subject } from "../../lab/bench/subject";
import { ensureImages } from "../../lab/images";
import { startLoad, type LoadHandle } from "../../lab/load";
import { RealScani } from "../../lab/rehearse/real";
import type { RehearsedScani } from "../../lab/rehearse/scani";
import { StandInScani } from "../../lab/rehearse/standIn";
import type { Session } from "../../lab/rehearse/session";
import { changeSetting, hostAddress, throwawayLabels } from "../../lab/throwaway";
import { freePorts } from "../../lab/throwaway/ports";
import { up } from "../../ops/up";
import { interruptedUp } from "./base/interrupted";
import { KeptSocket } from "./base/keptSocket";
import { remake } from "./base/remake";
import { container, containersOf, runningServices } from "./host";
import { killedUp } from "./runs/killedUp";
import { closeScene, failing, openScene, type Scene } from "./scene";
import { promisedRate, until } from "./traffic";
import { pause } from "../../lab/throwaway/pause";

/**
 * Changes and disturbances of base under a release that serves. Uses Scani's own images with SCANI_TEST_IMAGES=real.
 */

jest.setTimeout(240_000);

const kind = process.env.SCANI_TEST_IMAGES === "real" ? "real" : "stand-in";
const serving = ["tier1 api", "tier1 data-provider", "tier1 frontend-app", "tier1 worker"];
const dataServices = ["postgres", "redis", "storage"] as const;

let subject: Subject;
let scene: Scene;
let scani: RehearsedScani;
let session: Session;
/** Image names created here. */
const patched: string[] = [];

beforeAll(async () => {
  const docker = connectDocker();
  subject = await chooseSubject(docker, kind, () => undefined);
  const standIns = await ensureImages({ docker, log: () => undefined });
  const hostedImage = `${standIns.scaniRepository}/data-provider:${standIns.scaniTag}`;
  const settings = { base: { postgresMemory: "512", protectData: "true" }, tier1: { soak: "0" } };
  scene = await openScene("base", settings, { docker, images: subject.images, hostedImage });
  await scene.up("tier1");
  scani = kind === "real" ? RealScani.on(docker, scene.place) : new StandInScani(scene.place);
  session = await scani.seedUser("ada");
});

afterAll(async () => {
  await closeScene(scene);
  for (const image of patched) await scene.docker.getImage(image).remove({ noprune: true });
  await subject.release();
});

/** Starts load. @param timeoutMs milliseconds a client waits for a response */
const load = (timeoutMs?: number): Promise<LoadHandle> =>
  startLoad({ url: scene.place.url, rate: promisedRate, seconds: 200, timeoutMs, requests: scani.requests() });

/** Returns the address of each of base's data services, by its name. */
async function addresses(): Promise<Record<string, string>> {
  const entries = dataServices.map(async (service) => {
    const { info } = await container(scene, undefined, service);
    return [service, info.NetworkSettings.Networks[`${scene.place.install}-data`]?.IPAddress ?? "none"] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function pausedRoutes(): Promise<string[]> {
  const { output } = await scene.engine.exec(`${scene.place.install}-gateway`, listCommand);
  return parseListing(output).flatMap(({ name, state }) => (state === "paused" ? [name] : []));
}

/** Gives an image of base's another name, as its patch release would have. */
async function patchImage(service: (typeof dataServices)[number]): Promise<void> {
  const image = subject.images[service];
  const [repo, tag] = [image.slice(0, image.lastIndexOf(":")), image.slice(image.lastIndexOf(":") + 1)];
  await scene.docker.getImage(image).tag({ repo, tag: `${tag}-${scene.place.install}` });
  patched.push(`${image}-${scene.place.install}`);
  changeSetting(scene.place, "base", `${service}Image`, `${image}-${scene.place.install}`);
}

test("services of base restarted in the opposite order keep their addresses, and Scani goes on within 5 s", async () => {
  const before = await addresses();
  expect(new Set(Object.values(before)).size).toBe(3);
  const containers = await Promise.all(dataServices.map((service) => container(scene, undefined, service)));
  for (const { id } of containers) await scene.docker.getContainer(id).stop();
  for (const { id } of containers.toReversed()) await scene.docker.getContainer(id).start();
  const took = await until(async () => (await fetch(`${scene.place.url}/api/readyz`)).ok, 5_000);
  expect(await addresses()).toEqual(before);
  await scani.sendJobs();
  await until(async () => (await scani.jobs()).never === 0, 30_000);
  console.info(`base's services restarted: ready after ${took} ms`);
});

test("another memory limit and patch images under load: requests wait 5 s at most, and none fails", async () => {
  const before = await addresses();
  changeSetting(scene.place, "base", "postgresMemory", "640");
  for (const service of dataServices) await patchImage(service);
  const said = await scene.preview("base");
  expect(said).toContain("Replaced or made anew: postgres, redis, storage.");
  expect(said).toContain("Requests of api, ws, auth, storage wait at the gateway meanwhile, for about 5 s.");
  expect(said).toContain("tier1 worker stops before it and starts after it.");
  const running = await load();
  await scene.up("base");
  const report = await running.stop();
  console.info(
    `base changed: ${report.sent} requests, ${report.failed} failed, longest ${report.longestMs.toFixed(0)} ms`,
  );
  expect(report.failures.slice(0, 3)).toEqual([]);
  expect(report.longestMs).toBeLessThan(5_000);
  expect(await addresses()).toEqual(before);
  expect(await runningServices(scene)).toEqual(serving);
  expect(await scene.up("base")).toMatch(/Resources:\n\s+\d+ unchanged/);
});

test.each(dataServices)(
  "%s that another tool has made anew is made again under load: requests wait 5 s at most, and none fails",
  async (service) => {
    await remake(scene, service);
    // Until then clients that know the old address fail, which is not the change's fault.
    await until(async () => (await fetch(`${scene.place.url}/api/readyz`)).ok, 30_000);
    const running = await load();
    await scene.up("base");
    const report = await running.stop();
    console.info(
      `${service} made again: ${report.sent} requests, ${report.failed} failed, longest ${report.longestMs.toFixed(0)} ms`,
    );
    expect(report.failures.slice(0, 3)).toEqual([]);
    expect(report.longestMs).toBeLessThan(5_000);
    expect(await runningServices(scene)).toEqual(serving);
  },
);

test.each(["alone", "with its plugins"] as const)(
  "killed %s while requests wait: they are let through at once, and the next command makes base whole",
  async (reach) => {
    changeSetting(scene.place, "base", "postgresMemory", reach === "alone" ? "704" : "768");
    const { killed, output } = await killedUp(scene, "base", { line: /✓ hold requests/ }, reach);
    expect(killed || output).toBe(true);
    await until(async () => (await pausedRoutes()).length === 0, 15_000);
    await scene.up("base");
    expect(await pausedRoutes()).toEqual([]);
    expect(await runningServices(scene)).toEqual(serving);
    expect((await fetch(`${scene.place.url}/api/readyz`)).status).toBe(200);
  },
);

if (process.env.SCANI_TEST_THOROUGH !== undefined) {
  test("an open websocket is cut when requests begin to wait, and opened once they do not any more", async () => {
    changeSetting(scene.place, "base", "postgresMemory", "960");
    const socket = new KeptSocket(scene, session.cookie);
    await until(async () => socket.isOpen, 5_000);
    await scene.up("base");
    await until(async () => socket.isOpen, 5_000);
    socket.close();
    expect({ opened: socket.opened, refused: socket.refused }).toEqual({ opened: 2, refused: 0 });
    expect(socket.longestMs).toBeLessThan(5_000);
  });

  test.each([1, 2])(
    "Ctrl-C, %i ×, while requests wait: they are let through at once, and the next command makes base whole",
    async (times) => {
      changeSetting(scene.place, "base", "postgresMemory", times === 1 ? "832" : "896");
      const { code, printed } = await interruptedUp(scene, "base", /✓ hold requests/, times);
      expect({ interrupted: code !== 0, printed }).toMatchObject({ interrupted: true });
      await until(async () => (await pausedRoutes()).length === 0, 15_000);
      // A run that ends by itself restarts what it has stopped.
      if (times === 1) expect(await runningServices(scene)).toContain("tier1 worker");
      await scene.up("base");
      expect(await pausedRoutes()).toEqual([]);
      expect(await runningServices(scene)).toEqual(serving);
      expect((await fetch(`${scene.place.url}/api/readyz`)).status).toBe(200);
      expect(await scene.preview("base")).toMatch(/Resources:\n\s+\d+ unchanged/);
    },
  );

  test("an up of base that fails half way starts the worker again that it stopped", async () => {
    // Use another server's image under Redis' name: it exists but does not start, by which time the hold has begun.
    const good = `${subject.images.redis}-${scene.place.install}`;
    const [repo, tag] = [good.slice(0, good.lastIndexOf(":")), `7-broken-${scene.place.install}`];
    await scene.docker.getImage(subject.images.storage).tag({ repo, tag });
    patched.push(`${repo}:${tag}`);
    changeSetting(scene.place, "base", "redisImage", `${repo}:${tag}`);
    const said = await failing(scene, up, "base");
    expect(said).toContain(`which a change of base had stopped, is started again.`);
    expect(await pausedRoutes()).toEqual([]);
    expect(await runningServices(scene)).toEqual(serving);
    changeSetting(scene.place, "base", "redisImage", good);
    await scene.up("base");
    expect(await runningServices(scene)).toEqual(serving);
    expect((await fetch(`${scene.place.url}/api/readyz`)).status).toBe(200);
  });

  test("what docker update changed of base is said, and made anew while requests wait", async () => {
    const { id } = await container(scene, undefined, "redis");
    await scene.docker.getContainer(id).update({ Memory: 300 * 2 ** 20, MemorySwap: 300 * 2 ** 20 });
    expect(await scene.preview("base")).toContain(
      `${scene.place.install}-redis has another memory limit or restart policy`,
    );
    const running = await load();
    await scene.up("base");
    const report = await running.stop();
    expect(report.failures.slice(0, 3)).toEqual([]);
    expect((await container(scene, undefined, "redis")).info.HostConfig.Memory).toBe(256 * 2 ** 20);
  });
}

test("a pause that outlives who made it, as after the gateway's restart, is ended by the next command", async () => {
  const gateway = `${scene.place.install}-gateway`;
  await scene.engine.exec(gateway, ["kamal-proxy", "pause", "api", "--drain-timeout=1s", "--max-pause=90s"]);
  await scene.docker.getContainer(gateway).restart();
  await until(async () => (await pausedRoutes()).includes("api"), 10_000);
  await scene.up("base");
  expect(await pausedRoutes()).toEqual([]);
});

test("services that somebody paused or stopped are named by the preview, and run again", async () => {
  for (const service of ["postgres", "storage", "mail"])
    await pause(scene.docker.getContainer((await container(scene, undefined, service)).id));
  await scene.docker.getContainer((await container(scene, undefined, "redis")).id).stop();
  const said = await scene.preview("base");
  const { install } = scene.place;
  for (const service of ["postgres", "storage", "mail"])
    expect(said).toContain(`${install}-${service} is paused: it is started.`);
  expect(said).toContain(`${install}-redis is exited: it is started.`);
  await scene.up("base");
  for (const service of ["postgres", "storage", "mail", "redis"])
    expect((await container(scene, undefined, service)).info.State.Status).toBe("running");
  expect((await fetch(`${scene.place.url}/api/readyz`)).status).toBe(200);
});

test("another database under the same name is refused, with what to type", async () => {
  const file = join(scene.place.workDir, "state", ".pulumi", "stacks", "scani", "base.json");
  const before = readFileSync(file, "utf8");
  const cluster = /"cluster": ?"(\d+)"/.exec(before)?.[1] ?? "none";
  writeFileSync(file, before.replaceAll(`"${cluster}"`, '"7000000000000000001"'));
  try {
    const said = await failing(scene, up, "base");
    expect(said).toContain(`is another one (cluster ${cluster}) than ${scene.place.install} was brought up with`);
    expect(said).toContain("type: SCANI_START_EMPTY=true npm run up -- base");
  } finally {
    writeFileSync(file, before);
  }
});

test("an install moves to other addresses, as one of before does to its first: not under somebody else's container, and then nobody who waits fails", async () => {
  const before = await addresses();
  const data = `${scene.place.install}-data`;
  changeSetting(scene.place, "base", "subnet", "10.199.42.0/24");
  const strangers = ["hosted", "hosted-bucket"].map((name) => `${scene.place.install}-${name}`);
  const refusal = await failing(scene, up, "base");
  for (const name of strangers) expect(refusal).toContain(`docker network disconnect ${data} ${name}`);
  expect(await addresses()).toEqual(before);
  for (const network of [data, `${scene.place.install}-mail`])
    for (const Container of strangers)
      await scene.docker
        .getNetwork(network)
        .disconnect({ Container, Force: true })
        .catch(() => undefined);

  expect(await scene.preview("base")).toContain(`${data}, ${scene.place.install}-mail move into the install's`);
  // The move takes longer than some clients wait, as the preview says.
  const running = await load(60_000);
  await scene.up("base");
  const report = await running.stop();
  console.info(
    `base moved: ${report.sent} requests, ${report.failed} failed, longest ${report.longestMs.toFixed(0)} ms`,
  );
  expect(report.failures.slice(0, 3)).toEqual([]);
  expect(await addresses()).not.toEqual(before);
  expect((await addresses()).postgres).toBe("10.199.42.10");
  expect(await runningServices(scene)).toEqual(serving);
  await scani.sendJobs();
  await until(async () => (await scani.jobs()).never === 0, 30_000);
});

test("a mail server takes the catcher's place under load: it stays until no release sends to it, and none fails", async () => {
  const { docker, place } = scene;
  const install = place.install;
  const address = await hostAddress(docker);
  const [smtp, page] = (await freePorts(2)) as [number, number];
  const server = await docker.createContainer({
    name: `${install}-mail-outside`,
    Image: subject.images.mail,
    Labels: throwawayLabels(install, "outside"),
    ExposedPorts: { "1025/tcp": {}, "8025/tcp": {} },
    HostConfig: {
      PortBindings: {
        "1025/tcp": [{ HostIp: address, HostPort: String(smtp) }],
        "8025/tcp": [{ HostIp: "127.0.0.1", HostPort: String(page) }],
      },
    },
  });
  await server.start();
  const catcher = await container(scene, undefined, "mail");

  changeSetting(place, "base", "SMTP_URL", `smtp://${address}:${smtp}`);
  const running = await load();
  expect(await scene.up("base")).toContain(`${install}-mail stays as long as tier1 sends mail to it`);
  expect((await container(scene, undefined, "mail")).id).toBe(catcher.id);
  await scene.up("tier1");
  expect((await container(scene, "tier1", "data-provider")).info.Config.Env).toContain(
    `SMTP_URL=smtp://${address}:${smtp}`,
  );
  expect(await scene.preview("tier1")).toMatch(/nothing to do/i);
  // Docker removes no network that somebody else's container is on.
  const strangers = ["hosted", "hosted-bucket"].map((name) => `${install}-${name}`);
  const mail = docker.getNetwork(`${install}-mail`);
  for (const Container of strangers) await mail.connect({ Container }).catch(() => undefined);
  const refusal = await failing(scene, up, "base");
  for (const name of strangers) expect(refusal).toContain(`docker network disconnect ${install}-mail ${name}`);
  for (const Container of strangers) await mail.disconnect({ Container, Force: true });
  expect(await scene.preview("base")).toMatch(/- .*mail/);
  await scene.up("base");
  const report = await running.stop();
  console.info(`mail server given: ${report.sent} requests, ${report.failed} failed`);
  expect(report.failures.slice(0, 3)).toEqual([]);
  expect((await containersOf(scene)).map(({ name }) => name)).not.toContain(`${install}-mail`);
  expect((await docker.listNetworks({ filters: { name: [`${install}-mail`] } })).map(({ Name }) => Name)).toEqual([]);
  expect(await scene.up("base")).toMatch(/Resources:\n\s+\d+ unchanged/);
  expect(await runningServices(scene)).toEqual(serving);
  if (kind === "real") await RealScani.on(docker, { ...place, mailPort: page }).seedUser("grace");
});
