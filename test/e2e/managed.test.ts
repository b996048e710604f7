import { connectDocker } from "../../host/engine/connect";
import { chooseSubject, type Subject } from "../../lab/bench/subject";
import { startLoad } from "../../lab/load";
import { ensureImages } from "../../lab/images";
import { makeAuthority } from "../../lab/rehearse/authority";
import { RealScani } from "../../lab/rehearse/real";
import type { RehearsedScani } from "../../lab/rehearse/scani";
import type { Session } from "../../lab/rehearse/session";
import { StandInScani } from "../../lab/rehearse/standIn";
import {
  changeSetting,
  chooseBucket,
  cleanUp,
  contextOn,
  hostAddress,
  layOut,
  policyFor,
  startBucket,
  hostedEnvironment,
  startHosted,
  throwawayLabels,
  type Throwaway,
} from "../../lab/throwaway";
import { backup } from "../../ops/backup/backup";
import { restore } from "../../ops/backup/restore";
import { preview } from "../../ops/preview";
import { up } from "../../ops/up";
import { chooseOutside, databaseName } from "./outside";
import { issuedKey } from "./scene";
import { until } from "./traffic";

/**
 * An install on managed services: Postgres over TLS with a verified certificate, Redis, S3 and SMTP. Base declares none
 * of them. Uses Scani's own images with SCANI_TEST_IMAGES=real.
 */

jest.setTimeout(240_000);

const kind = process.env.SCANI_TEST_IMAGES === "real" ? "real" : "stand-in";
const docker = connectDocker();
const printed: string[] = [];
let place: Throwaway;
let subject: Subject;
let authority: string;
let scani: RehearsedScani;
let session: Session;

const context = () => contextOn(place, (line) => printed.push(line));

/** Runs a command. @returns its output */
async function said(command: () => Promise<void>): Promise<string> {
  const from = printed.length;
  await command();
  return printed.slice(from).join("\n");
}

beforeAll(async () => {
  const standIns = await ensureImages({ docker, log: () => undefined });
  subject = await chooseSubject(docker, kind, () => undefined);
  const [address, bucket] = [await hostAddress(docker), await chooseBucket(docker)];
  const made = await makeAuthority(databaseName);
  authority = made.ca;
  const outside = await chooseOutside(address, subject.images, made);
  const hosted = { alias: "hosted.internal", port: 8082 };
  place = await layOut("managed", subject.images, {
    base: { ...outside.settings, SMTP_FROM: "scani@example.org" },
    tier1: { soak: "1" },
    tier2: {
      soak: "1",
      SCANI_CLOUD_URL: `http://${hosted.alias}:${hosted.port}`,
      SCANI_CLOUD_API_KEY: issuedKey,
      CSP_CONNECT_SRC: policyFor(bucket),
    },
  });
  await outside.start(docker, place.install, place.url, place.mailPort);
  await up(context(), "base");
  await outside.name(docker, place.install);
  const endpoint = await startHosted(docker, {
    install: place.install,
    image: `${standIns.scaniRepository}/data-provider:${standIns.scaniTag}`,
    ...hosted,
    environment: hostedEnvironment(issuedKey, {
      SMTP_URL: outside.settings.SMTP_URL,
      SMTP_FROM: "scani@example.org",
      ...(await startBucket(docker, { install: place.install, image: standIns.storage, page: place.url }, bucket)),
    }),
  });
  // Its mails have to leave the machine, and the data network has no way out.
  await docker.getNetwork(`${place.install}-edge`).connect({ Container: endpoint.container.id });
  scani = kind === "real" ? RealScani.on(docker, place) : new StandInScani(place);
});

afterAll(async () => {
  await cleanUp(docker, place);
  await subject.release();
});

test("base declares the gateway and nothing it does not need", async () => {
  const outsiders = throwawayLabels(place.install, "outside");
  const found = await docker.listContainers({ filters: { label: [`scani.install=${place.install}`] } });
  const own = found.filter(({ Labels }) => Object.entries(outsiders).some(([name, value]) => Labels[name] !== value));
  expect(own.map(({ Names }) => Names[0]?.slice(`/${place.install}-`.length)).sort()).toEqual([
    "gateway",
    "hosted",
    "hosted-bucket",
  ]);
});

test("a certificate nobody vouches for is refused by name before anything starts, and taken once it is given", async () => {
  await expect(up(context(), "tier1")).rejects.toThrow();
  const text = printed.join("\n");
  expect(text).toMatch(/Postgres shows a certificate that is not trusted/);
  expect(text).toContain("config set caCertificate --stack base < ca.pem");
  for (const stack of ["base", "tier1", "tier2"]) changeSetting(place, stack, "caCertificate", authority);
  await up(context(), "base");
  await up(context(), "tier1");
  session = await scani.seedUser("ada");
  expect(await scani.stillKnows(session)).toBe(true);
});

test.each(["tier2", "tier1"])("up %s under load: no request, no job and no row is lost", async (tier) => {
  const before = await scani.rows();
  await scani.sendJobs();
  const load = await startLoad({ url: place.url, rate: 50, seconds: 200, requests: scani.requests() });
  expect(await said(() => up(context(), tier))).toContain(`${tier} serves; `);
  const report = await load.stop();
  expect({ failed: report.failed, first: report.failures.slice(0, 3) }).toEqual({ failed: 0, first: [] });
  expect(report.sent).toBeGreaterThan(100);
  expect((await scani.rows()) - before).toBe(report.byKind.fresh.POST.sent + report.byKind["keep-alive"].POST.sent);
  await until(async () => (await scani.jobs()).never === 0, 120_000);
  expect(await scani.jobs()).toMatchObject({ twice: 0, never: 0 });
  expect(await scani.stillKnows(session)).toBe(true);
  expect(await said(() => preview(context(), tier))).toMatch(/nothing to do/i);
});

test("a backup of it is made and restored", async () => {
  await scani.addRow("before the backup");
  const rows = await scani.rows();
  const file = /\S+\.dump/.exec(await said(() => backup(context(), "base")))?.[0] as string;
  await scani.addRow("after the backup");
  await restore(context(), "base", file, { whileServing: true });
  await until(async () => (await scani.rows()) === rows, 60_000);
  expect(await scani.stillKnows(session)).toBe(true);
});
