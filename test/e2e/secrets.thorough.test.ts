import { connectDocker } from "../../host/engine/connect";
import { chooseSubject, type Subject } from "../../lab/bench/subject";
import { clientHeader } from "../../lab/clients";
import { ensureImages } from "../../lab/images";
import { RealScani } from "../../lab/rehearse/real";
import { StandInScani } from "../../lab/rehearse/standIn";
import { changeSetting, hostAddress } from "../../lab/throwaway";
import { containersOf, runningServices } from "./host";
import { wholly } from "./runs/cases";
import { closeScene, openScene, type Scene } from "./scene";
import { startSmtpServer, type SmtpServer } from "./secrets/smtpServer";
import { until } from "./traffic";

/**
 * Secrets with characters that have a meaning in a shell, a URL, Redis, an env file or an option parser: each arrives
 * unchanged in running containers, and each service works with it. Uses Scani's own images with SCANI_TEST_IMAGES=real.
 */

jest.setTimeout(600_000);

const kind = process.env.SCANI_TEST_IMAGES === "real" ? "real" : "stand-in";
const docker = connectDocker();

const hostile: readonly (readonly [string, string])[] = [
  ["quotes", `'it''s' "so" "'"'"'" '"'"'"`],
  ["dollars", "$HOME ${PATH} $$ $(id) $1 ${X:-y}"],
  ["backquotes", "`id` ``` `uname -a` `"],
  ["hashes", "#begins # goes on#and ends #"],
  ["spaces at the ends", "   spaces   at   both   ends   "],
  ["backslashes", "\\ \\\\ \\n \\t \\x41 \\\" \\' \\0 \\$ \\"],
  ["letters of the world", "äöü ß § € 漢字 кириллица 😀"],
  ["percents", "%41 %s %% %d %00 %zz 100% %"],
  ["parts of a URL", "user:pass@host:5432/db?x=y&z#f[]//;"],
  ["options", "--requirepass -h -- -x --help"],
  ["200 characters", Array.from({ length: 200 }, (_, at) => String.fromCharCode(33 + ((at * 7) % 94))).join("")],
];

/** Returns a secret long enough for every rule, with the hostile text at both ends. */
const secret = (text: string): string => (text.length >= 64 ? text : text.padEnd(64 - text.length, "x") + text);

/** Returns the same in characters that an HTTP header can carry. */
const header = (text: string): string => secret(text.replace(/[^\x20-\x7e]/g, "~").trim());

let subject: Subject;
let hostedImage: string;
let scene: Scene | undefined;

beforeAll(async () => {
  subject = await chooseSubject(docker, kind, () => undefined);
  const standIns = await ensureImages({ docker, log: () => undefined });
  hostedImage = `${standIns.scaniRepository}/data-provider:${standIns.scaniTag}`;
});
afterEach(async () => {
  await closeScene(scene);
  scene = undefined;
});
afterAll(() => subject.release());

const open = async (base: Record<string, string>): Promise<Scene> => {
  scene = await openScene(
    "secrets",
    { base, tier1: { soak: "0" }, tier2: { soak: "0" } },
    { docker, images: subject.images, hostedImage },
  );
  return scene;
};

/** Reads the environment of each running container; whether its service understands it shows elsewhere. */
async function environments({ place }: Scene): Promise<Record<string, Record<string, string>>> {
  const running = (await containersOf({ docker, place } as Scene)).filter(({ running: runs }) => runs);
  return Object.fromEntries(
    running.map(({ service, info }) => [
      service,
      Object.fromEntries(
        info.Config.Env.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
      ),
    ]),
  );
}

test.each(hostile)("%s: every service works with it, and holds it as it was given", async (_what, text) => {
  const given = {
    POSTGRES_PASSWORD: secret(text),
    REDIS_PASSWORD: secret(text),
    S3_SECRET_ACCESS_KEY: secret(text),
    BETTER_AUTH_SECRET: secret(text),
    ENCRYPTION_KEY: secret(text),
    JOBS_HMAC_SECRET: secret(text),
    LOG_ID_PEPPER: secret(text),
    DATA_PROVIDER_API_KEY: header(text),
  };
  const at = await open(given);
  await at.up("tier1");
  const scani = kind === "real" ? RealScani.on(docker, at.place) : new StandInScani(at.place);
  const session = await scani.seedUser("ada");
  await scani.addRow("hostile");
  await scani.sendJobs();
  await until(async () => (await scani.jobs()).never === 0, 120_000);

  const all = await environments(at);
  expect(all.postgres).toMatchObject({ POSTGRES_PASSWORD: given.POSTGRES_PASSWORD });
  expect(all.redis).toMatchObject({ REDIS_PASSWORD: given.REDIS_PASSWORD });
  expect(all.storage).toMatchObject({ ROOT_SECRET_KEY: given.S3_SECRET_ACCESS_KEY });
  expect({ ...all["data-provider"], ...all.api }).toMatchObject({
    BETTER_AUTH_SECRET: given.BETTER_AUTH_SECRET,
    ENCRYPTION_KEY: given.ENCRYPTION_KEY,
    JOBS_HMAC_SECRET: given.JOBS_HMAC_SECRET,
    LOG_ID_PEPPER: given.LOG_ID_PEPPER,
    S3_SECRET_ACCESS_KEY: given.S3_SECRET_ACCESS_KEY,
    DATA_PROVIDER_API_KEY: given.DATA_PROVIDER_API_KEY,
    SCANI_CLOUD_API_KEY: given.DATA_PROVIDER_API_KEY,
  });
  for (const [service, variable] of [
    ["api", "DATABASE_URL"],
    ["api", "REDIS_URL"],
  ] as const)
    expect(decodeURIComponent(new URL(all[service]?.[variable] ?? "").password)).toBe(given.POSTGRES_PASSWORD);

  await at.up("tier2");
  expect(await runningServices(at)).toEqual(wholly.tier2);
  expect(await scani.stillKnows(session)).toBe(true);
});

describe("a mail server's login", () => {
  let smtp: SmtpServer;
  beforeAll(async () => {
    smtp = await startSmtpServer(await hostAddress(docker));
  });
  afterAll(() => smtp.close());

  test("arrives as it was given, whatever characters it has", async () => {
    // Replace colons, since a user name with one is refused.
    const userOf = (text: string): string => secret(text).replaceAll(":", "_");
    const url = async (text: string): Promise<string> =>
      `smtp://${encodeURIComponent(userOf(text))}:${encodeURIComponent(secret(text))}@${await hostAddress(docker)}:${smtp.port}`;
    const at = await open({ SMTP_URL: await url("first"), SMTP_FROM: "scani@example.org" });
    for (const [index, [, text]] of hostile.entries()) {
      changeSetting(at.place, "base", "SMTP_URL", await url(text));
      await at.up("base");
      await at.up("tier1");
      const answer = await fetch(`${at.place.url}/api/sign-in/magic-link`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: at.place.url, ...clientHeader(index, 80) },
        body: JSON.stringify({ email: `user${index}@example.org`, callbackURL: `${at.place.url}/auth/callback` }),
      });
      expect(answer.status).toBe(200);
      await until(async () => smtp.logins.length > index, 15_000);
      expect(smtp.logins[index]).toEqual({ user: userOf(text), password: secret(text) });
    }
  });
});
