import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import type { ContainerState } from "../../../../host/engine/engine";
import { dump } from "../../../../host/backup/dump";
import { databaseFor } from "../../../../host/backup/plan";
import { drop } from "../../../../host/backup/restore/scratch";
import { readIdentity, withServer, type Database, type Server } from "../../../../host/backup/server";
import { stacksBeside } from "../../../../host/install/names/stacks";
import { FakeEngine, type FakeAnswer } from "../fakeEngine";

const stacks = stacksBeside("prod-base");
const bundled: Database = { kind: "bundled", container: "scani-postgres", stacks };

function running(answer: FakeAnswer): FakeEngine {
  const engine = new FakeEngine(() => answer);
  engine.add({ name: "scani-postgres", state: "running" });
  return engine;
}

test.each<[ContainerState, string]>([
  ["exited", "docker start scani-postgres"],
  ["created", "docker start scani-postgres"],
  // Docker counts these states as running.
  ["paused", "docker unpause scani-postgres"],
  ["restarting", "docker logs --tail 50 scani-postgres"],
])("the bundled Postgres that is %s cannot be asked, and what to type is said", async (state, command) => {
  const engine = new FakeEngine();
  engine.add({ name: "scani-postgres", state });
  await expect(withServer(engine, bundled, async () => "asked")).rejects.toThrow(
    `scani-postgres is ${state}, so the database cannot be reached.\n  type: ${command}`,
  );
});

test("one that is gone is brought back by the install's own base", async () => {
  await expect(withServer(new FakeEngine(), bundled, async () => "asked")).rejects.toThrow(
    /^There is no container scani-postgres, .*\n {2}type: npm run up -- prod-base$/,
  );
});

test("a certificate nobody vouches for is given to every stack of the install", async () => {
  const engine = running({ exitCode: 1, errors: "SSL error: certificate verify failed" });
  await expect(withServer(engine, bundled, (server) => server.query("select 1"))).rejects.toThrow(
    /--stack prod-base < ca\.pem\n.*--stack prod-tier1 < ca\.pem\n.*--stack prod-tier2 < ca\.pem$/,
  );
});

test("a pg_dump that is older than its server is replaced in the install's own base", async () => {
  const snapshot = { id: "1", at: "2026-01-10T12:00:00.000Z", postgres: "18.1 (Debian 18.1-1)", databaseBytes: 1 };
  const engine = new FakeEngine((_container, command) =>
    command[0] === "pg_dump"
      ? { exitCode: 1, errors: "pg_dump: error: aborting because of server version mismatch" }
      : { output: `${JSON.stringify(snapshot)}\ntrue\n` },
  );
  engine.add({ name: "scani-postgres", state: "running" });
  const folder = mkdtempSync(join(tmpdir(), "dump-"));
  const place = { folder, install: "scani", base: "prod-base" };
  const dumped = (server: Server) =>
    dump(server, place, "scani-x.dump", { database: "scani" }, new AbortController().signal);
  await expect(withServer(engine, bundled, dumped)).rejects.toThrow(
    /server version mismatch\n.*\n {2}type: .*--stack prod-base postgresImage postgres:18-alpine\n {2}type: npm run up -- prod-base$/,
  );
  rmSync(folder, { recursive: true });
});

test("the stacks reach the database by whichever way it is reached", async () => {
  const plan = { directory: "b", maxAge: 1, kept: 1, image: "postgres:16", network: "scani-edge" };
  const url = async () => "postgres://u:p@db.example.org/scani";
  expect(await databaseFor("scani", { plan, stacks }, url)).toMatchObject({ kind: "managed", stacks });
  expect(await databaseFor("scani", { plan: { ...plan, postgres: "p" }, stacks }, url)).toEqual({
    kind: "bundled",
    container: "p",
    stacks,
  });
});

describe("a managed Postgres that lets its role log in to Scani's own database only", () => {
  const managed = (url: string): Database => ({
    kind: "managed",
    install: "scani",
    url,
    image: "postgres:16",
    network: "scani-edge",
    stacks,
  });
  const url = "postgres://app:p@[2001:db8::1]:6432/scani";

  function pooled(): FakeEngine {
    const engine = new FakeEngine((_container, _command, { environment }) =>
      environment.includes("PGDATABASE=postgres")
        ? { exitCode: 2, errors: "psql: error: FATAL:  no such database: postgres" }
        : { output: '"7300000000000000001"' },
    );
    engine.images.set("postgres:16", { id: "sha256:p", environment: [], labels: {}, digests: [] });
    return engine;
  }

  test("says which one it is all the same", async () => {
    expect(await withServer(pooled(), managed(url), readIdentity)).toEqual({
      cluster: "7300000000000000001",
      database: "scani",
    });
  });

  test("has been asked, though the container it was asked from cannot be removed; that one ends by itself", async () => {
    const engine = pooled();
    const refused = jest.spyOn(engine, "remove").mockRejectedValue(new Error("the engine is busy"));
    expect(await withServer(engine, managed(url), async () => "asked")).toBe("asked");
    await expect(withServer(engine, managed(url), (server) => drop(server, "x"))).rejects.toThrow("DATABASE_URL");
    expect(refused).toHaveBeenCalledTimes(2);
  });

  test("cannot be restored on, and the setting that names it is said", async () => {
    await expect(withServer(pooled(), managed(url), (server) => drop(server, "scani_restoring"))).rejects.toThrow(
      /does not let DATABASE_URL log in: psql: error: FATAL: {2}no such database: postgres\n.*\n {2}type: .*config set --secret DATABASE_URL --stack prod-base\n {2}type: npm run up -- prod-base$/,
    );
  });

  test("is reached by hand at its address, whatever the role is called", async () => {
    const odd = "postgres://o'hara%20jr:p@[2001:db8::1]:6432/scani";
    expect(await withServer(pooled(), managed(odd), async ({ byHand }) => byHand("dropdb", "it"))).toBe(
      `dropdb -h 2001:db8::1 -p 6432 -U 'o'\\''hara jr' it`,
    );
  });
});

describe("the authorities a managed Postgres is checked against", () => {
  /** Asks one with this certificate of a private authority. @returns what its tools are given */
  async function given(mode: string, authority?: string) {
    const asked: { file?: string; names: boolean }[] = [];
    const engine = new FakeEngine((_container, command, { environment, input }) => {
      const file = command.join(" ").includes("authorities.pem") ? input : undefined;
      asked.push({ file, names: environment.some((one) => one === "PGSSLROOTCERT=/tmp/authorities.pem") });
      return { output: '"1"' };
    });
    engine.images.set("postgres:16", { id: "sha256:p", environment: [], labels: {}, digests: [] });
    const url = `postgres://app:p@db.example.org/scani?sslmode=${mode}`;
    const database: Database = {
      ...{ kind: "managed", install: "scani", image: "postgres:16", network: "scani-edge" },
      ...{ url, authority, stacks },
    };
    await withServer(engine, database, readIdentity);
    return { files: asked.flatMap(({ file }) => file ?? []), names: asked.some(({ names }) => names) };
  }

  test("are the public ones, and a private one beside them", async () => {
    for (const authority of [undefined, "-----BEGIN CERTIFICATE-----\nprivate"]) {
      const { files, names } = await given("verify-full", authority);
      expect(files).toHaveLength(1);
      expect(files[0]).toContain(rootCertificates[0]);
      expect(files[0]?.includes("private")).toBe(authority !== undefined);
      expect(names).toBe(true);
    }
  });

  test("are none where nothing is checked", async () =>
    expect(await given("disable")).toEqual({ files: [], names: false }));
});

test.each([
  ["ERROR:  permission denied for function pg_control_system", undefined],
  ["ERROR:  function pg_control_system() does not exist", undefined],
  ['FATAL:  permission denied for database "scani"', "permission denied for database"],
])("a server that answers %s", async (errors, thrown) => {
  const asked = withServer(running({ exitCode: 1, errors }), bundled, readIdentity);
  await (thrown === undefined
    ? expect(asked).resolves.toEqual({ cluster: undefined, database: "postgres" })
    : expect(asked).rejects.toThrow(thrown));
});
