import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { label } from "../../../host/install/names/labels";
import { exec } from "../../../host/engine/docker/exec";
import { seal } from "../../../host/scani/envelope";
import { down } from "../../../ops/down";
import { preview } from "../../../ops/preview";
import { changeSetting, contextOn } from "../../../lab/throwaway";
import { up } from "../../../ops/up";
import { baseOf, container, containersOf, environmentOf } from "../host";
import { reachable } from "../reach";
import { failing } from "../scene";
import { scene } from "./install";

/** Settings and commands that the existing data forbids. */

const otherKey = "f0".repeat(32);
const otherPassword = "another-password-0123456789";

const postgres = () => scene.docker.getContainer(`${scene.place.install}-postgres`);
const stateOfBase = () =>
  readFileSync(join(scene.place.workDir, "state", ".pulumi", "stacks", "scani", "base.json"), "utf8");
const touched = async () => [
  ...(await baseOf(scene)),
  ...(await containersOf(scene)).map(({ id, info }) => `${id} ${info.State.StartedAt}`).sort(),
];

/** Expects that commands on a stack are refused with these messages, and that nothing on the host changes. */
const refused = (commands: readonly (typeof up)[], stack: string, ...said: (string | RegExp)[]): Promise<void> =>
  refusedBecause("These settings do not match the existing data; nothing has been touched.", commands, stack, ...said);

async function refusedBecause(
  headline: string,
  commands: readonly (typeof up)[],
  stack: string,
  ...said: (string | RegExp)[]
): Promise<void> {
  const before = await touched();
  for (const command of commands) {
    const output = await failing(scene, command, stack);
    for (const line of said)
      expect(output).toEqual(typeof line === "string" ? expect.stringContaining(line) : expect.stringMatching(line));
    expect(output).toContain(` error: ${headline}\n`);
    expect(output).toMatch(/scani-\S+ .*\b1 error\b/);
    expect(output).not.toMatch(/Unhandled|\.js:\d+/);
    for (const secret of [otherKey, otherPassword]) expect(output).not.toContain(secret);
  }
  expect(await touched()).toEqual(before);
}

/** Changes settings of base while some work is done. */
async function withBase(settings: Record<string, string>, work: () => Promise<void>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) changeSetting(scene.place, "base", name, value);
  try {
    await work();
  } finally {
    for (const name of Object.keys(settings))
      changeSetting(scene.place, "base", name, name === "postgresImage" ? scene.images.postgres : "");
  }
}

async function sql(statement: string): Promise<void> {
  const { exitCode, output } = await exec(postgres(), [
    "psql",
    "-X",
    "-v",
    "ON_ERROR_STOP=1",
    "-U",
    "scani",
    "-d",
    "scani",
    "-c",
    statement,
  ]);
  if (exitCode !== 0) throw new Error(output);
}

describe("what is not to be reached", () => {
  const stores = { postgres: 5432, redis: 6379, storage: 9000 };

  test.each([
    ["frontend-app", []],
    ["gateway", []],
    ["mail", []],
    ["api", Object.keys(stores)],
  ])("from %s, of the data services: %j", async (service, wanted) => {
    const all = await containersOf(scene);
    const found = all.find((seen) => seen.service === service && seen.running);
    const targets = Object.entries(stores).map(([name, port]) => {
      const { info } = all.find((seen) => seen.service === name) as (typeof all)[number];
      return { name, host: info.NetworkSettings.Networks[`${scene.place.install}-data`]?.IPAddress ?? "", port };
    });
    expect(await reachable(scene, (found as (typeof all)[number]).id, targets)).toEqual(wanted);
  });

  /** Returns false for the hosted operator's containers, which carry the install's label only to be removed with it. */
  const isOurs = ({ service }: { service: string }) => !service.startsWith("hosted");

  test("only the gateway and, on loopback, the mail page are published", async () => {
    const published = (await containersOf(scene))
      .filter(isOurs)
      .flatMap(({ service, info }) =>
        Object.entries((info.HostConfig.PortBindings as Record<string, { HostIp: string }[]>) ?? {}).flatMap(
          ([port, bindings]) => bindings.map(({ HostIp }) => `${service} ${port} ${HostIp}`),
        ),
      );
    expect(published.sort()).toEqual(["gateway 80/tcp 127.0.0.1", "mail 8025/tcp 127.0.0.1"]);
  });

  test("Redis does nothing without its password", async () => {
    const { output } = await exec(scene.docker.getContainer(`${scene.place.install}-redis`), [
      "redis-cli",
      "set",
      "a",
      "b",
    ]);
    expect(output).toContain("NOAUTH");
  });

  test("every root file system is read-only, no container has a capability or a privilege it was not given", async () => {
    const ours = (await containersOf(scene)).filter(isOurs);
    expect(ours.length).toBe(10);
    for (const {
      info: { HostConfig: host },
    } of ours) {
      expect([host.ReadonlyRootfs, host.Privileged, host.CapDrop, host.SecurityOpt]).toEqual([
        true,
        false,
        ["ALL"],
        ["no-new-privileges:true"],
      ]);
    }
  });
});

describe("the data that is there", () => {
  test("base stands on it as it is: nothing changes, and what it was made with is not in clear in the state", async () => {
    const before = await touched();
    expect(await scene.up("base")).toMatch(/Resources:\n\s+\d+ unchanged/);
    expect(await touched()).toEqual(before);
    const { output } = await exec(postgres(), ["cat", "/var/lib/postgresql/data/scani-made-with.json"]);
    const kept = JSON.parse(output) as Record<string, string>;
    const state = stateOfBase();
    const { POSTGRES_PASSWORD: password } = environmentOf(
      (await containersOf(scene)).find(({ service }) => service === "postgres") as never,
    );
    for (const value of [...Object.values(kept), password]) expect(state).not.toContain(value);
    expect(output).not.toContain(password);
  });

  test("a volume another container runs on is refused", async () => {
    const name = `${scene.place.install}-compose-postgres`;
    const squatter = await scene.docker.createContainer({
      name,
      Image: scene.images.postgres,
      Entrypoint: ["sleep", "600"],
      StopTimeout: 0,
      Labels: { "com.example.compose": "postgres" },
      HostConfig: { NetworkMode: "none", Binds: [`${scene.place.install}-postgres-data:/var/lib/postgresql/data`] },
    });
    try {
      await squatter.start();
      await refused(
        [preview, up],
        "base",
        `The volume ${scene.place.install}-postgres-data is in use by container ${name}`,
        `type: docker stop ${name}`,
      );
      await refused([up], "tier2", `is in use by container ${name}`);
    } finally {
      await squatter.remove({ force: true });
    }
  });

  test("a Postgres of another major version is refused", () =>
    withBase({ postgresImage: "postgres:99-alpine" }, () =>
      refused(
        [up],
        "base",
        /postgresImage postgres:99-alpine is Postgres 99, and the volume .* was made by Postgres \d\d;/,
        /type: npm run pulumi -- config set --stack base postgresImage postgres:\d\d-alpine\n/,
      ),
    ));

  test("another ENCRYPTION_KEY, database password, role or database is refused, all in one error", async () => {
    await withBase({ ENCRYPTION_KEY: otherKey, POSTGRES_PASSWORD: otherPassword }, () =>
      refused(
        [up],
        "base",
        "ENCRYPTION_KEY differs, but the data was made with another",
        "type: npm run pulumi -- config set --secret ENCRYPTION_KEY --stack base",
        "POSTGRES_PASSWORD differs",
        "type: npm run pulumi -- config set --secret POSTGRES_PASSWORD --stack base",
        "SCANI_TRUST_SETTINGS=true",
      ),
    );
    await withBase({ POSTGRES_USER: "somebody" }, () =>
      refused(
        [up],
        "base",
        "its Postgres has no role of that name",
        "Set POSTGRES_USER of stack base to the role it was made with",
      ),
    );
  });

  test("an operator who has lost the key can override the guard", async () => {
    await withBase({ ENCRYPTION_KEY: otherKey }, async () => {
      process.env.SCANI_TRUST_SETTINGS = "true";
      try {
        await preview(contextOn(scene.place), "base");
      } finally {
        delete process.env.SCANI_TRUST_SETTINGS;
      }
    });
  });

  test("a stack whose state is lost is refused, and its recovery named", async () => {
    copyFileSync(join(scene.place.workDir, "Pulumi.base.yaml"), join(scene.place.workDir, "Pulumi.lost-base.yaml"));
    await refusedBecause(
      "Stack lost-base does not fit what is on this engine. Nothing has been touched.",
      [preview, up],
      "lost-base",
      `The install ${scene.place.install} is on this engine, and the state of stack lost-base knows nothing of it`,
      "type: npm run adopt -- --recover",
    );
  });

  test("stored credentials that the key does not open are refused, by base and by a tier; ones it opens are not", async () => {
    const key = environmentOf(await container(scene, "tier1", "api")).ENCRYPTION_KEY;
    // Create the needed part of Scani's own table; the stand-ins keep their credentials elsewhere.
    await sql(
      "create table user_integration_credentials (encrypted_credentials jsonb not null, updated_at timestamptz not null default now())",
    );
    const store = async (sealedWith: string) =>
      sql(
        `insert into user_integration_credentials values ('${JSON.stringify({ encrypted: true, data: await seal("{}", sealedWith) })}')`,
      );
    await store(otherKey);
    await refused([up], "tier2", "ENCRYPTION_KEY differs, but the data was made with another", "--stack base");
    await refused([up], "base", "ENCRYPTION_KEY differs, but the data was made with another");
    await store(key);
    expect(await scene.up("base")).toMatch(/Resources:\n\s+\d+ unchanged/);
  });

  test("with Postgres gone, the volume itself says what it was made with", async () => {
    await postgres().stop();
    await withBase({ ENCRYPTION_KEY: otherKey }, () => refused([up], "base", "ENCRYPTION_KEY differs"));
    await postgres().remove();
    await withBase({ ENCRYPTION_KEY: otherKey, POSTGRES_PASSWORD: otherPassword }, () =>
      refused([up], "base", "ENCRYPTION_KEY differs", "POSTGRES_PASSWORD differs"),
    );
    await scene.up("base");
    expect((await postgres().inspect()).State.Running).toBe(true);
    expect(
      await scene.docker.listContainers({
        all: true,
        filters: { label: [`${label.install}=${scene.place.install}`], status: ["created"] },
      }),
    ).toHaveLength(0);
  });
});

test("base under a release cannot be destroyed, and keeps every secret it generated", async () => {
  const before = await touched();
  const resources = () =>
    (
      JSON.parse(stateOfBase()) as { checkpoint: { latest: { resources: { urn: string }[] } } }
    ).checkpoint.latest.resources
      .map(({ urn }) => urn)
      .sort();
  const known = resources();
  expect(known.filter((urn) => urn.endsWith("::ENCRYPTION_KEY"))).toHaveLength(1);
  const base = await failing(scene, down, "base");
  expect(base).toContain(
    "Base carries tier1; destroying it would take the data services from under Scani. Nothing has been touched.",
  );
  expect(base).toContain("npm run down -- tier1");
  expect(resources()).toEqual(known);
  expect(await touched()).toEqual(before);
  expect(await failing(scene, down, "tier1")).toContain(
    "tier1 serves; destroying it would take Scani down. Nothing has been touched.",
  );
  expect(await touched()).toEqual(before);
});
