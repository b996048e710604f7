import { label } from "../../../../host/install/names/labels";
import { stacksBeside } from "../../../../host/install/names/stacks";
import { withServer, type Database } from "../../../../host/backup/server";
import type { TypedRestore } from "../../../../host/backup/restore/typedRestore";
import { refuseClients, refuseReleases, reportWhatFollows } from "../../../../ops/backup/restore";
import { FakeEngine } from "../../host/fakeEngine";
import { FakeInstall } from "../../host/fakeInstall";
import { FakePostgres } from "../../host/fakePostgres";
import type { ContainerState } from "../../../../host/engine/engine";

/** Returns an engine with one container of a release, and base's Postgres. */
function engineWith(service: string, state: ContainerState): FakeEngine {
  const engine = new FakeEngine();
  const labels = { [label.install]: "scani", [label.service]: "postgres" };
  engine.add({ name: "scani-postgres", labels, state: "running" });
  engine.add({
    name: `scani-tier1-${service}`,
    labels: { ...labels, [label.service]: service, [label.tier]: "tier1", [label.release]: "r1" },
    state,
  });
  return engine;
}

const typed: TypedRestore = { file: "a.dump", options: [] };

/** Options that allow the release to be disconnected. */
const whileServing: TypedRestore = { file: "a.dump", options: ["--while-serving"] };

const refused = (engine: FakeEngine) =>
  refuseReleases({ engine, install: "scani", stacks: stacksBeside("prod-base") }, typed);

test.each(["running", "paused", "restarting"] as const)(
  "a worker that is %s may write, so a restore is refused",
  async (state) => {
    await expect(refused(engineWith("worker", state))).rejects.toThrow(
      /^tier1 worker uses this database: .*Nothing has been touched\.\n[^]*docker stop scani-tier1-worker\n.*restore -- a\.dump\n {2}type: npm run up -- prod-tier1\n[^]*--while-serving$/,
    );
  },
);

test("one that is paused is to be continued before it is stopped, so that it can finish its jobs", async () => {
  await expect(refused(engineWith("worker", "paused"))).rejects.toThrow(
    /type: docker unpause scani-tier1-worker\n {2}type: docker stop scani-tier1-worker/,
  );
});

test.each([
  ["worker", "exited"],
  ["worker", "created"],
  ["worker", "dead"],
  ["frontend-app", "running"],
] as const)("a %s that is %s does not write", async (service, state) => {
  await expect(refused(engineWith(service, state))).resolves.toBeUndefined();
});

test("a release that may be cut off is not refused", async () => {
  const target = { engine: engineWith("worker", "running"), install: "scani", stacks: stacksBeside("prod-base") };
  await expect(refuseReleases(target, whileServing)).resolves.toBeUndefined();
});

describe("whoever else is connected to the database", () => {
  const stacks = stacksBeside("prod-base");
  const bundled: Database = { kind: "bundled", container: "scani-postgres", stacks };
  const managed: Database = {
    kind: "managed",
    install: "scani",
    url: "postgres://u:p@db.example.org/scani",
    image: "postgres:16",
    network: "scani-edge",
    stacks,
  };
  const client = (address?: string, changes: object = {}) => ({
    user: "scani",
    application: "",
    address: address ?? null,
    beside: false,
    ...changes,
  });

  /**
   * Returns an engine with the install's worker at 10.0.0.5 and compose's at 10.0.0.9. @param looks connected clients
   * at each query
   */
  function connected(...looks: (readonly object[])[]): FakeEngine {
    const postgres = new FakePostgres();
    postgres.clients = looks;
    const engine = new FakeEngine((_container, command, call) => postgres.answer(command, call));
    engine.images.set("postgres:16", { id: "sha256:p", environment: [], labels: {}, digests: [] });
    const own = { [label.install]: "scani" };
    engine.add({ name: "scani-postgres", labels: own, state: "running", environment: ["POSTGRES_USER=scani"] });
    engine.add({
      name: "scani-tier1-worker",
      labels: { ...own, [label.service]: "worker", [label.tier]: "tier1", [label.release]: "r1" },
      state: "running",
      networks: ["scani-data"],
      address: "10.0.0.5",
    });
    engine.add({ name: "compose-worker-1", state: "running", networks: ["compose_default"], address: "10.0.0.9" });
    return engine;
  }
  const check = (engine: FakeEngine, how: TypedRestore, database: Database = bundled, timeout = 0) =>
    withServer(engine, database, (server) =>
      refuseClients({ engine, install: "scani", database }, server, how, timeout),
    );

  test("in a container of somebody else's is named with its container, also where the release may be cut off", async () => {
    for (const how of [typed, whileServing])
      await expect(check(connected([client("10.0.0.9"), client("10.0.0.9")]), how)).rejects.toThrow(
        /^Connected to the database scani, and no release of scani: a program as scani at compose-worker-1 \(2 connections\)\. .*Nothing has been touched\.\n {2}type: docker stop compose-worker-1\n {2}type: npm run restore -- a\.dump( --while-serving)?$/,
      );
  });

  test.each([
    ["somewhere else", client("192.0.2.7", { application: "Metabase" }), "Metabase as scani at 192.0.2.7"],
    ["over the socket", client(undefined, { application: "psql", beside: true }), "psql as scani."],
  ])("%s is named as far as it is known", async (_where, one, said) => {
    await expect(check(connected([one]), whileServing)).rejects.toThrow(
      new RegExp(`${said}[^]*Stop what is connected, and type the restore again:\n {2}type: npm run restore`),
    );
  });

  test("passes where it is the install's own release, which may be cut off", async () => {
    await check(connected([client("10.0.0.5")]), whileServing);
    await expect(check(connected([client("10.0.0.5")]), typed)).rejects.toThrow("at scani-tier1-worker");
  });

  test("and gone a moment later is waited for: a health check, or what has just been stopped", async () => {
    await check(connected([client("10.0.0.9")], [client()], []), typed, bundled, 5_000);
  });

  test("on a managed server: what it sees at this machine's address is the release's, where one runs", async () => {
    const beside = client("198.51.100.1", { beside: true });
    await check(connected([beside]), whileServing, managed);
    await expect(check(connected([beside]), typed, managed)).rejects.toThrow("at 198.51.100.1");
    const stopped = connected([beside]);
    await stopped.stop("scani-tier1-worker");
    await expect(check(stopped, whileServing, managed)).rejects.toThrow("at 198.51.100.1");
    // A remote client may have the same address as a container here.
    await expect(check(connected([client("10.0.0.9")]), whileServing, managed)).rejects.toThrow("at 10.0.0.9.");
  });
});

describe("after a restore that is done", () => {
  /** Returns the report for a serving release of tier 1 that has one migration more than the restored database. */
  async function reported(prepare: (host: FakeInstall) => void): Promise<string[]> {
    const host = new FakeInstall();
    host.declare("tier1", "r1", ["0001_first", "0002_second"]);
    host.serve("r1");
    host.named = [["a.pdf", "row"]];
    prepare(host);
    const stacks = stacksBeside("prod-base");
    const database: Database = { kind: "bundled", container: "scani-postgres", stacks };
    const lines: string[] = [];
    const target = { engine: host.engine, install: "scani", gateway: "scani-gateway", stacks, database };
    await reportWhatFollows(target, (line) => lines.push(line), new AbortController().signal);
    return lines;
  }
  const lacks = expect.stringMatching(/^The restored schema is older .* it lacks 0002_second\./);
  const other = expect.stringMatching(/^Or switch to the release that fits/);
  const files = expect.stringMatching(
    /^Files are in no backup of the database, which names 1 file\. At tier 1's data-provider on \S+: 0\. Missing there: 1\. /,
  );

  test("migrations the release that serves lacks are named, and files counted", async () => {
    expect(await reported(() => undefined)).toEqual([lacks, other, files]);
  });

  test("which of the files are where the tier that serves looks is said, whether or not it runs", async () => {
    const files = (host: FakeInstall): void => {
      host.applied.push("0002_second");
      host.named = [
        ["a.pdf", "row"],
        ["b.pdf", "job"],
        ["c.pdf", "row"],
        ["d.pdf", "finished job"],
      ];
      for (const key of ["a.pdf", "b.pdf"]) host.home.objects.set(key, "x");
    };
    const said =
      /^Files are in no backup of the database, which names 3 files\. At tier 1's \S+ on https:\/\/home\.test\/own-bucket: 2\. Missing there: 1\. Scani finds no file /;
    expect(await reported(files)).toEqual([expect.stringMatching(said)]);
    const stopped = await reported((host) => {
      files(host);
      for (const service of ["data-provider", "api", "worker"] as const) host.container("r1", service).state = "exited";
    });
    expect(stopped).toEqual([expect.stringMatching(said)]);
    const whole = await reported((host) => {
      files(host);
      host.home.objects.set("c.pdf", "x");
    });
    expect(whole).toEqual([expect.stringMatching(/names 3 files\. All are at tier 1's \S+ on \S+\.$/)]);
    const down = await reported((host) => {
      files(host);
      host.home.misbehave = (call) => (call === "GET" ? 500 : undefined);
    });
    expect(down).toEqual([expect.stringMatching(/: 0\. Not looked for: 3: .*its bucket answers 500/)]);
  });

  test("files that cannot be counted are said, and no failure", async () => {
    const failing = await reported((host) => {
      host.first = (_container, _command, { input }) =>
        input?.includes("documents") === true ? { exitCode: 3, errors: "permission denied" } : undefined;
    });
    expect(failing).toEqual([
      lacks,
      other,
      "How many files the restored database names could not be read: psql failed: permission denied",
    ]);
  });

  test("a schema that cannot be compared is said, and files are counted all the same", async () => {
    const [unread, ...rest] = await reported((host) => {
      host.engine.plan({ at: 1, kind: "throw" });
    });
    expect(unread).toMatch(/^Whether the restored schema fits the release that serves could not be read: .*fault at/);
    expect(rest).toEqual([files]);
  });
});
