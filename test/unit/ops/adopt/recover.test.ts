import type { Stacks } from "../../../../host/adopt/phases/phase";
import { label } from "../../../../host/install/names/labels";
import { servicesOf } from "../../../../host/install/services/release";
import { stacksBeside } from "../../../../host/install/names/stacks";
import { recoverInstall } from "../../../../ops/adopt/recover";
import { FakeInstall } from "../../host/fakeInstall";
import { folder, type Folder } from "../../lab/setup/folder";

const key = (letter: string): string => letter.repeat(64);

let project: Folder;
beforeEach(() => {
  project = folder();
});
afterEach(() => project.remove());

/** Creates an install on which tier 1 serves, with a database password that Scani publishes; its state is lost. */
function lost() {
  const install = new FakeInstall();
  const { engine } = install;
  install.declare("tier1", "r1");
  install.serve("r1");
  const scani = ["ENCRYPTION_KEY", "BETTER_AUTH_SECRET", "JOBS_HMAC_SECRET", "LOG_ID_PEPPER"];
  const named = (image: string) =>
    engine.images.set(image, { id: `sha256:${image}`, environment: [], labels: {}, digests: [] });
  for (const service of servicesOf("tier1")) {
    const image = `scani/${service}:0.17.1`;
    Object.assign(install.container("r1", service), {
      image,
      environment: [`SERVICE_NAME=${service}`, ...scani.map((name) => `${name}=${key("a")}`)],
    });
    named(image);
  }
  for (const service of ["gateway", "postgres"])
    Object.assign(engine.find(`scani-${service}`) ?? {}, {
      image: `${service}:1`,
      published: service === "gateway" ? ["0.0.0.0:8080"] : [],
    });
  Object.assign(engine.find("scani-postgres") ?? {}, {
    environment: ["POSTGRES_USER=scani", "POSTGRES_DB=scani", "POSTGRES_PASSWORD=scani"],
  });
  for (const service of ["redis", "storage", "mail"])
    engine.add({
      name: `scani-${service}`,
      image: `${service}:1`,
      labels: { [label.install]: "scani", [label.service]: service },
      environment:
        service === "redis" ? [`REDIS_PASSWORD=${key("b")}`] : [`ROOT_ACCESS_KEY=own`, `ROOT_SECRET_KEY=${key("c")}`],
      state: "running",
    });
  for (const service of ["gateway", "postgres", "redis", "storage", "mail"]) named(`${service}:1`);
  const asked: string[] = [];
  const written: Record<string, Readonly<Record<string, string | undefined>>> = {};
  const unused = () => Promise.reject(new Error("not asked for"));
  const stacks: Stacks = {
    names: stacksBeside("base"),
    set: async (kind, values) => {
      asked.push(`set ${kind}`);
      written[kind] = values;
    },
    up: async (kind) => void asked.push(`up ${kind}`),
    putBack: unused,
    forget: unused,
    destroy: unused,
    ownBucket: unused,
  };
  const printed: string[] = [];
  const recovered = (yes: boolean, environment: NodeJS.ProcessEnv = {}) =>
    recoverInstall(
      { project: { folder: project.path, environment }, report: (line) => printed.push(line) },
      engine,
      "base",
      stacks,
      yes,
    );
  const there = () => engine.all.filter(({ labels }) => labels[label.install] === "scani").length;
  return { install, engine, asked, written, printed, recovered, there };
}

test("its containers are removed and made anew by Pulumi, with a published password it was accepted with", async () => {
  const { asked, written, recovered, there } = lost();
  await recovered(true);
  expect(asked).toEqual(["set base", "set tier1", "up base", "up tier1"]);
  expect(written.base).toMatchObject({ POSTGRES_PASSWORD: "scani", acceptedSecrets: "POSTGRES_PASSWORD" });
  expect(written.tier1).toEqual({ imageRepository: "scani", SCANI_IMAGE_TAG: "0.17.1" });
  expect(there()).toBe(0);
});

test("an image that has lost its name to a prune gets it back before the container that has it is gone", async () => {
  const { engine, recovered, asked } = lost();
  engine.images.delete("scani/api:0.17.1");
  engine.images.set("sha256:api", { id: "sha256:api", environment: [], labels: {}, digests: [] });
  Object.assign(engine.all.find(({ image }) => image === "scani/api:0.17.1") ?? {}, { imageId: "sha256:api" });
  await recovered(true);
  expect(engine.images.get("scani/api:0.17.1")?.id).toBe("sha256:api");
  expect(asked.at(-1)).toBe("up tier1");
});

describe.each([false, true])("nothing is touched, with yes %s, where up would be refused", (yes) => {
  test("for settings of base and of the tier, all at once", async () => {
    const { engine, recovered, asked, there } = lost();
    const before = there();
    project.file(".env", "SCANI_BACKUPS_KEPT=many\n");
    project.file("Pulumi.tier1.yaml", "config:\n  scani:keepwarm: true\n");
    const refused = recovered(yes, { SCANI_SOAK: "long" });
    await expect(refused).rejects.toThrow(/^The install cannot be brought up[^]*Nothing has been touched\.\n/);
    for (const words of [
      'backupsKept (from .env) "many" is not a whole number',
      'soak (from the shell\'s environment) "long" is not a whole number',
      "keepwarm is no setting; the nearest is keepWarm",
    ])
      await expect(refused).rejects.toThrow(words);
    expect([asked, there()]).toEqual([[], before]);
    expect(engine.calls.filter((call) => /^(stop|remove)/.test(call))).toEqual([]);
  });

  test("for what its containers have and this version does not take", async () => {
    const { install, recovered, asked } = lost();
    const api = install.container("r1", "api");
    Object.assign(api, { environment: [...api.environment, "FRONTEND_URL=http://192.168.1.20"] });
    await expect(recovered(yes)).rejects.toThrow(
      /FRONTEND_URL \(of the install's containers\) "http:\/\/192\.168\.1\.20" is plain http[^]*The version that made the containers recovers them/,
    );
    expect(asked).toEqual([]);
  });

  test("for an image that cannot be had", async () => {
    const { engine, recovered, asked, there } = lost();
    const before = there();
    engine.images.delete("scani/migrate:0.17.1");
    Object.assign(engine.all.find(({ image }) => image === "scani/migrate:0.17.1") ?? {}, {
      image: "scani/migrate:0.17.0",
    });
    await expect(recovered(yes)).rejects.toThrow(/scani\/migrate:0\.17\.1: [^]*type the same again\.$/);
    expect([asked, there()]).toEqual([[], before]);
  });
});

test("without yes what would be done is said, and what to type", async () => {
  const { recovered, asked, printed } = lost();
  await recovered(false);
  expect(asked).toEqual([]);
  expect(printed.at(-1)).toContain("type: npm run adopt -- --recover --yes");
});
