import { EngineError } from "../../../../host/engine/engine";
import { goBack, refuseWayBack } from "../../../../host/adopt/back";
import type { AdoptRun } from "../../../../host/adopt/phases/phase";
import { startStoppedGateway } from "../../../../host/adopt/phases/port";
import type { AdoptionRecord } from "../../../../host/adopt/record";
import { momentaryLabels } from "../../../../host/install/leftovers";
import { label } from "../../../../host/install/names/labels";
import { atEveryCall } from "../everyCall";
import { Died } from "../fakeEngine";
import { FakeAdoption, type Stage } from "./fakeAdoption";

/** Expects that everything is compose's again, and nothing of this module's is left. */
function expectGivenBack(adoption: FakeAdoption, files: readonly string[]): void {
  const { engine } = adoption.install;
  expect([...adoption.theirs.keys()].sort()).toEqual([...files].sort());
  expect(engine.all.filter(({ state }) => state !== "running").map(({ name }) => name)).toEqual([]);
  expect(engine.all.filter(({ labels }) => label.install in labels).map(({ name }) => name)).toEqual([]);
  expect(engine.networksThere.filter(({ labels }) => label.install in labels)).toEqual([]);
  expect(engine.volumesThere.map(({ name }) => name)).toEqual(["home_postgres-data", "home_minio-data"]);
  expect(adoption.data()).toEqual(["PG_VERSION"]);
  expect(adoption.asked).toEqual(expect.arrayContaining(["put back base", "put back tier1", "put back tier2"]));
}

/** Watches the calls of a run. @returns a list to which each call that would lose data is added */
function watched(adoption: FakeAdoption, files: readonly string[]): string[] {
  const wrong: string[] = [];
  const { engine } = adoption.install;
  const moves = engine.watch;
  engine.watch = (call) => {
    moves(call);
    if (call === "start home-postgres" && !adoption.data().includes("PG_VERSION")) wrong.push("no data for Postgres");
    if (call === "start home-worker" && !files.every((name) => adoption.theirs.has(name)))
      wrong.push("jobs lack files");
  };
  adoption.onAsked = (words) => {
    if (words === "destroy base" && !files.every((name) => adoption.theirs.has(name))) wrong.push("files are lost");
  };
  return wrong;
}

test.each(["running", "exited", "paused"] as const)(
  "files of an S3 server of base's that is %s are copied back before it goes",
  async (state) => {
    const adoption = await new FakeAdoption("taken over").begun();
    adoption.ours.set("new.csv", "new");
    adoption.container("scani-storage").state = state;
    const wrong = watched(adoption, ["new.csv"]);
    await goBack(await adoption.run());
    expect(wrong).toEqual([]);
    expectGivenBack(adoption, ["new.csv"]);
  },
);

test.each([false, true])(
  "what is uploaded until this module has stopped is copied too; managed database: %s",
  async (managed) => {
    const adoption = await new FakeAdoption("beside", managed).begun();
    const { engine } = adoption.install;
    adoption.ours.set("before.csv", "1");
    const wrong = watched(adoption, ["before.csv", "meanwhile.csv"]);
    const before = engine.watch;
    engine.watch = (call) => {
      before(call);
      // The page's last request: compose's page is back, but not all browsers use it yet.
      if (call === "start home-page") adoption.ours.set("meanwhile.csv", "2");
    };
    await goBack(await adoption.run());
    expect(wrong).toEqual([]);
    expect([...adoption.theirs.keys()].sort()).toEqual(["before.csv", "meanwhile.csv"]);
  },
);

test("taken back before base was ever up, there is nothing to copy", async () => {
  const adoption = await new FakeAdoption("beside").begun();
  adoption.inState = false;
  adoption.install.nameAsPulumi("r1");
  adoption.container("scani-storage").state = "created";
  await goBack(await adoption.run());
  expectGivenBack(adoption, []);
});

test("a volume of base's that was never for compose's files does not stay", async () => {
  const adoption = new FakeAdoption("beside");
  Object.assign(adoption.record, { objectStore: undefined, replaced: [] });
  await adoption.install.engine.remove("scani-storage");
  await adoption.begun();
  const run = await adoption.run();
  await goBack({ ...run, objects: undefined });
  expect(run.closing).toEqual([]);
  expectGivenBack(adoption, []);
});

describe("taken back after a first up of base that has failed", () => {
  const failed = async () => {
    const adoption = new FakeAdoption("beside");
    Object.assign(adoption.record, { announced: false });
    adoption.withoutRelease();
    adoption.install.nameAsPulumi("r1");
    adoption.ours.set("copy.csv", "old");
    return adoption.begun();
  };

  test("an S3 server of base's that never got healthy is not waited for, nor its copies kept", async () => {
    const adoption = await failed();
    Object.assign(adoption.container("scani-storage"), { healthCheck: ["CMD", "true"], health: "unhealthy" });
    const run = await adoption.run();
    await refuseWayBack(run);
    await goBack(run);
    expect(adoption.install.engine.calls).not.toContain("start scani-storage");
    expect(run.closing).toEqual([]);
    expectGivenBack(adoption, []);
  });

  test("nor once the way back was killed where it has given the data", async () => {
    const adoption = await failed();
    adoption.onAsked = (words) => {
      if (words === "destroy tier2") throw new Error("killed");
    };
    const first = await adoption.run();
    await expect(goBack(first)).rejects.toThrow("killed");
    adoption.onAsked = () => undefined;
    const run = await adoption.run();
    await refuseWayBack(run);
    await goBack(run);
    expect(adoption.install.engine.calls).not.toContain("start scani-storage");
    expectGivenBack(adoption, []);
  });

  test("a volume whose server is not there refuses nothing, and stays, since somebody may have removed that", async () => {
    const adoption = await failed();
    const { engine } = adoption.install;
    await engine.remove("scani-storage");
    const run = await adoption.run();
    await refuseWayBack(run);
    await goBack(run);
    expect(engine.volumesThere.map(({ name }) => name)).toContain("scani-storage-data");
    expect(run.closing.join("\n")).toContain("The volume scani-storage-data stays");
  });
});

describe.each<Stage>(["beside", "taken over"])("without Pulumi's state, %s", (stage) => {
  const stateless = async (record: Partial<AdoptionRecord> = {}) => {
    const adoption = new FakeAdoption(stage);
    adoption.inState = false;
    adoption.ours.set("new.csv", "new");
    Object.assign(adoption.record, record);
    adoption.install.nameAsPulumi("r1");
    return adoption.begun();
  };

  test("somebody's own container stays that merely has an install's labels, as from docker commit", async () => {
    const adoption = await stateless();
    const { engine } = adoption.install;
    const labels = { [label.install]: "scani", [label.service]: "redis" };
    engine.images.set("sha256:mine", { id: "sha256:mine", environment: [], labels, digests: [] });
    const theirs = [
      engine.add({ name: "my-redis", labels, imageId: "sha256:mine" }),
      engine.add({ name: "my-api", labels: { ...adoption.container("scani-tier1-api-0a1b2c3").labels } }),
    ];
    const left = engine.add({ name: "left by a kill", labels: momentaryLabels("scani", "mover"), state: "running" });
    const run = await adoption.run();
    await refuseWayBack(run);
    await goBack(run);
    expect(engine.all).toEqual(expect.arrayContaining(theirs));
    expect(engine.all).not.toContain(left);
    expect(run.closing.join("\n")).toMatch(
      /^Containers with this module's labels stay, .*: my-api, my-redis\.\n.*\n {2}type: docker rm -f my-api my-redis$/,
    );
    for (const { id } of theirs) await engine.remove(id);
    expectGivenBack(adoption, ["new.csv"]);
  });

  test("files are copied back, and everything of the install is removed by the engine", async () => {
    const adoption = await stateless();
    const wrong = watched(adoption, ["new.csv"]);
    const run = await adoption.run();
    await refuseWayBack(run);
    await goBack(run);
    expect(wrong).toEqual([]);
    expect(run.closing).toEqual([]);
    expectGivenBack(adoption, ["new.csv"]);
  });

  test("a way back of an earlier version, which has copied nothing, is gone over again", async () => {
    const adoption = await stateless({ givenBack: "files" });
    const run = await adoption.run();
    await refuseWayBack(run);
    await goBack(run);
    expectGivenBack(adoption, ["new.csv"]);
  });

  test("files whose server that one has had removed stay in their volume, and that is said", async () => {
    const adoption = await stateless({ givenBack: "files" });
    await adoption.install.engine.remove("scani-storage");
    const run = await adoption.run();
    await refuseWayBack(run);
    await goBack(run);
    expect(adoption.install.engine.volumesThere.map(({ name }) => name)).toContain("scani-storage-data");
    expect(run.closing.join("\n")).toMatch(
      /^The volume scani-storage-data stays: .*\n.*\n {2}type: docker volume rm scani-storage-data$/,
    );
  });

  test("the way back is refused while nobody can be asked for the files", async () => {
    const adoption = await stateless();
    Object.assign(adoption.container("scani-storage"), { entrypoint: ["minio"] });
    await expect(refuseWayBack(await adoption.run())).rejects.toThrow(
      "The container scani-storage is not this module's S3 server, so the files in its volume cannot be given back.",
    );
    await adoption.install.engine.remove("scani-storage");
    await expect(refuseWayBack(await adoption.run())).rejects.toThrow("The container scani-storage is gone");
  });
});

test("what compose's Scani deletes after it was given its files is not brought back", async () => {
  const adoption = new FakeAdoption("taken over");
  Object.assign(adoption.record, { givenBack: "files", filesCompared: true });
  adoption.ours.set("deleted since.csv", "old");
  await adoption.begun();
  await goBack(await adoption.run());
  expectGivenBack(adoption, []);
});

test.each<Stage>(["beside", "taken over"])(
  "killed at any call, %s, and typed again, nothing is lost",
  async (stage) => {
    const files = ["one.csv", "two.csv"];
    const outcomes = await atEveryCall(async (at) => {
      const adoption = await new FakeAdoption(stage).begun();
      adoption.install.nameAsPulumi("r1");
      for (const name of files) adoption.ours.set(name, name);
      const wrong = watched(adoption, files);
      const { engine } = adoption.install;
      const run = await adoption.run();
      engine.plan({ at, kind: "die" });
      const died = await goBack(run).then(
        () => undefined,
        (error: unknown) => error,
      );
      const call = engine.faulted;
      if (died === undefined) return undefined;
      expect(died).toBeInstanceOf(Died);
      engine.plan();
      const again = await adoption.run();
      if (again.record.givenBack === undefined) await startStoppedGateway(again);
      await refuseWayBack(again);
      await goBack(again);
      expectGivenBack(adoption, files);
      return { call, wrong };
    });
    expect(outcomes.length).toBeGreaterThan(30);
    expect(outcomes.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
  },
);

describe.each([true, false])("with a container of this module's that was renamed, Pulumi's state: %s", (inState) => {
  const renamed = async (name: string) => {
    const adoption = new FakeAdoption("taken over");
    adoption.inState = inState;
    adoption.ours.set("new.csv", "new");
    adoption.install.nameAsPulumi("r1");
    // Docker's ids are of hex digits.
    Object.assign(adoption.container(name), { id: "d0c4e55aff00" });
    await adoption.begun();
    rename(adoption, name, "renamed");
    return adoption;
  };
  const rename = ({ install }: FakeAdoption, from: string, to: string) => {
    expect(install.engine.find(to)).toBeUndefined();
    Object.assign(install.engine.find(from) as object, { name: to });
  };

  test.each([
    ["scani-postgres", "scani-postgres"],
    ["scani-gateway", "scani-gateway"],
    ["scani-storage", "scani-storage"],
    ["scani-tier1-api-0a1b2c3", "scani-tier1-api-d0c4e55"],
    ["scani-tier1-worker-0a1b2c3", "scani-tier1-worker-d0c4e55"],
  ])("%s, it is refused until that is called %s", async (name, own) => {
    const adoption = await renamed(name);
    const { engine } = adoption.install;
    const from = engine.calls.length;
    const refusal = await refuseWayBack(await adoption.run()).then(String, String);
    expect(refusal).toMatch(
      new RegExp(
        `Nothing has been touched\\.\\n.* were renamed: renamed\\.\\n.*\\n +type: docker rename renamed ${own}$`,
      ),
    );
    expect(engine.calls.slice(from).filter((call) => /^(start|stop|remove (?!unnamed)|write)/.test(call))).toEqual([]);
    rename(adoption, "renamed", own);
    const run = await adoption.run();
    await refuseWayBack(run);
    await goBack(run);
    expect(run.closing).toEqual([]);
    expectGivenBack(adoption, ["new.csv"]);
  });

  test("somebody else's container that has taken its name gets another first", async () => {
    const adoption = await renamed("scani-storage");
    adoption.install.engine.add({ name: "scani-storage" });
    await expect(refuseWayBack(await adoption.run())).rejects.toThrow(
      /type: docker rename scani-storage scani-storage-other\n +type: docker rename renamed scani-storage$/,
    );
  });

  test("once the data was given back it stays, since it looks like a copy of what is removed, and is said", async () => {
    const adoption = await renamed("scani-tier1-worker-0a1b2c3");
    Object.assign(adoption.record, { givenBack: "data" });
    adoption.inState = false;
    await adoption.begun();
    const run = await adoption.run();
    await refuseWayBack(run);
    await goBack(run);
    expect(adoption.container("renamed").state).toBe("exited");
    expect(run.closing.join("\n")).toContain("type: docker rm -f renamed");
  });
});

describe("refused with nothing touched", () => {
  const refused = async (adoption: FakeAdoption, changes: Partial<AdoptRun> = {}): Promise<string> => {
    const { engine } = adoption.install;
    adoption.install.nameAsPulumi("r1");
    const run = { ...(await adoption.run()), ...changes };
    const from = engine.calls.length;
    const error = await refuseWayBack(run).catch((thrown: unknown) => thrown);
    const changing =
      /^(start (?!unnamed)|stop|setRestartPolicy|connectNetwork|disconnectNetwork|remove (?!unnamed)|writeFile)/;
    expect(engine.calls.slice(from).filter((call) => changing.test(call))).toEqual([]);
    return String((error as Error | undefined)?.message);
  };

  test("nothing, where all is there", async () => {
    expect(await refused(new FakeAdoption("taken over"))).toBe("undefined");
  });

  test("another tier serves than compose's Scani is", async () => {
    const adoption = new FakeAdoption("taken over");
    adoption.install.declare("tier2", "r2");
    adoption.install.serve("r2");
    adoption.install.nameAsPulumi("r2");
    const message = await refused(adoption);
    expect(message).toContain("tier2 serves, and compose's Scani is tier1");
    expect(message).toContain("type: npm run up -- prod-tier1");
  });

  test.each(["home-minio", "home-api"])("%s is gone", async (name) => {
    const adoption = new FakeAdoption("taken over");
    await adoption.install.engine.remove(name);
    const message = await refused(adoption);
    expect(message).toContain(`Containers of compose's are gone: ${name}.`);
    // Name the service: compose creates one of a profile only then.
    expect(message).toContain(`type: cd /srv/home && docker compose up --no-start ${name.slice("home-".length)}`);
  });

  test("a prune has taken the network of compose's stopped containers", async () => {
    const adoption = new FakeAdoption("taken over");
    const { engine } = adoption.install;
    engine.networksThere.push({ id: "n", name: "home_default", labels: {} });
    await engine.removeNetwork("home_default");
    const message = await refused(adoption);
    expect(message).toContain("home-minio was on the network home_default, which is gone");
    expect(message).toContain(
      "type: cd /srv/home && docker compose up --no-start --no-deps --force-recreate minio provider api worker page postgres",
    );
    expect(message).not.toContain("docker rm");
    // Compose has made the network anew since, under the same name.
    engine.networksThere.push({ id: "another", name: "home_default", labels: {} });
    expect(await refused(adoption)).toBe(message);
    for (const name of adoption.record.replaced) adoption.container(name).goneNetworks.clear();
    expect(await refused(adoption)).not.toContain("home-minio");
  });

  test.each(["dead", "removing"] as const)("a container of compose's is %s", async (state) => {
    const adoption = new FakeAdoption("taken over");
    adoption.container("home-api").state = state;
    const message = await refused(adoption);
    expect(message).toContain(`Containers of compose's cannot be started: home-api is ${state}.`);
    expect(message).toContain("type: docker rm -f home-api\n");
    expect(message).toContain("docker compose up --no-start --no-deps --force-recreate api");
  });

  test("the network of base's own that compose's Postgres is still on does not count: it leaves that one", async () => {
    const adoption = new FakeAdoption("taken over");
    const { networks, goneNetworks } = adoption.container("home-postgres");
    networks.push("scani-data");
    goneNetworks.set("scani-data", "removed");
    expect(await refused(adoption)).toBe("undefined");
    await adoption.begun();
    await goBack(await adoption.run());
    expect(adoption.container("home-postgres").state).toBe("running");
  });

  test("base's S3 server is gone, and its volume is not", async () => {
    const adoption = new FakeAdoption("taken over");
    await adoption.install.engine.remove("scani-storage");
    expect(await refused(adoption)).toContain("type: npm run up -- prod-base");
  });

  describe("a migration ran meanwhile", () => {
    const migrateImage = "scani/migrate:0.17.1";

    /** Returns an adoption whose migrate image, where it is on the engine, ships these migrations. */
    function migrated(
      stage: Stage,
      applied: readonly string[],
      shipped: readonly string[] | undefined,
      managed = false,
    ): FakeAdoption {
      const adoption = new FakeAdoption(stage, managed);
      const { install } = adoption;
      const { engine } = install;
      const before = install.first;
      install.first = (container, command, call) =>
        call.input?.includes("__scani_migrations")
          ? { output: ["ledger-present", ...applied.map((name) => `applied ${name}`)].join("\n") }
          : container.name === "scani-postgres" && command.at(-1) === "health"
            ? { exitCode: 0 }
            : before(container, command, call);
      install.nameAsPulumi("r1");
      if (shipped === undefined) return adoption;
      engine.images.set(migrateImage, { id: "sha256:m", environment: [], labels: {}, digests: [] });
      const create = engine.create.bind(engine);
      engine.create = async (order) => {
        const id = await create(order);
        if (order.image === migrateImage)
          for (const name of shipped) engine.find(id)?.files.set(`/app/migrations/${name}.sql`, "");
        return id;
      };
      return adoption;
    }

    test.each<Stage>(["beside", "taken over"])("that compose's images do not know, %s", async (stage) => {
      const adoption = migrated(stage, ["0001_first", "0002_second", "bullmq/9"], ["0001_first"]);
      const message = await refused(adoption, { migrateImage });
      expect(message).toContain(
        "The database has had migrations that compose's images (scani/migrate:0.17.1) do not know: 0002_second.",
      );
      expect(message).toContain(
        "  type: cd /srv/home && docker compose pull\n    type: cd /srv/home && docker compose up --no-start",
      );
    });

    test("that compose's images do not know, in a managed database", async () => {
      const adoption = migrated("taken over", ["0001_first", "0002_second"], ["0001_first"], true);
      expect(await refused(adoption, { migrateImage })).toContain("do not know: 0002_second.");
    });

    test("or not, in a managed database that does not answer, which is said", async () => {
      const adoption = migrated("taken over", ["0001_first"], ["0001_first"], true);
      const before = adoption.install.first;
      adoption.install.first = (container, command, call) =>
        call.input?.includes("__scani_migrations")
          ? { exitCode: 2, errors: "connection refused" }
          : before(container, command, call);
      expect(await refused(adoption, { migrateImage })).toBe("undefined");
      expect(adoption.printed.join("\n")).toContain(
        "Whether compose's images know the schema cannot be told: psql failed: connection refused",
      );
    });

    test("or not, in a managed database whose network is gone, which is said", async () => {
      const adoption = migrated("taken over", ["0001_first"], ["0001_first"], true);
      const { engine } = adoption.install;
      const start = engine.start.bind(engine);
      engine.start = (name) =>
        adoption.container(name).networks.includes("scani-egress")
          ? Promise.reject(new EngineError(404, "(HTTP code 404) no such container - network scani-egress not found "))
          : start(name);
      engine.images.set("postgres:16", { id: "sha256:p", environment: [], labels: {}, digests: [] });
      expect(await refused(adoption, { migrateImage })).toBe("undefined");
      expect(adoption.printed.join("\n")).toMatch(/schema cannot be told: .*network scani-egress not found/);
    });

    test("or not, in a managed database whose tools are not on the engine: nothing is pulled", async () => {
      const adoption = migrated("taken over", ["0001_first"], ["0001_first"], true);
      const { engine } = adoption.install;
      engine.images.delete("postgres:16");
      engine.registry.add("postgres:16");
      expect(await refused(adoption, { migrateImage })).toBe("undefined");
      expect(engine.calls.filter((call) => call.startsWith("pull"))).toEqual([]);
      expect(adoption.printed.join("\n")).toContain("schema cannot be told: the image postgres:16, ");
    });

    test("or not, in a managed database that only Pulumi's state said how to reach, which is said", async () => {
      const adoption = migrated("taken over", ["0002_second"], ["0001_first"], true);
      adoption.inState = false;
      expect(await refused(adoption, { migrateImage })).toBe("undefined");
      expect(adoption.printed.join("\n")).toContain(
        "Whether compose's images know the schema cannot be told: how to reach the managed database is in Pulumi's state, which is gone.",
      );
    });

    test.each([true, false])("is not asked once compose's Scani has been started on it; state: %s", async (inState) => {
      const adoption = migrated("taken over", ["0002_second"], ["0001_first"], true);
      adoption.inState = inState;
      Object.assign(adoption.record, { givenBack: "files" });
      expect(await refused(adoption, { migrateImage })).toBe("undefined");
      expect(adoption.printed).toEqual([]);
    });

    test("that compose's images know", async () => {
      const names = ["0001_first", "0002_second"];
      expect(await refused(migrated("taken over", names, names), { migrateImage })).toBe("undefined");
    });

    const ownAsked = ["0001_first", "0002_second"];

    test.each(["exited", "paused", "dead"] as const)(
      "that cannot be asked of base's own Postgres, which is %s, is said",
      async (state) => {
        const adoption = migrated("taken over", ownAsked, ["0001_first"]);
        adoption.container("scani-postgres").state = state;
        expect(await refused(adoption, { migrateImage })).toBe("undefined");
        expect(adoption.printed.join("\n")).toContain(
          `Whether compose's images know the schema cannot be told: scani-postgres is ${state}.`,
        );
        expect(adoption.printed.join("\n").includes("With --yes it is started first")).toBe(state !== "dead");
      },
    );

    test("nor of one that was removed", async () => {
      const adoption = migrated("taken over", ownAsked, ["0001_first"]);
      await adoption.install.engine.remove("scani-postgres");
      expect(await refused(adoption, { migrateImage })).toBe("undefined");
      expect(adoption.printed.join("\n")).toContain("cannot be told: scani-postgres is gone.");
    });

    test.each<[Stage, string, "exited" | "paused"]>([
      ["taken over", "scani-postgres", "exited"],
      ["taken over", "scani-postgres", "paused"],
      ["beside", "home-postgres", "exited"],
    ])("%s, is asked of %s, which is %s, once that may be started", async (stage, name, state) => {
      const adoption = migrated(stage, ownAsked, ["0001_first"]);
      adoption.container(name).state = state;
      await expect(refuseWayBack({ ...(await adoption.run()), migrateImage }, true)).rejects.toThrow(
        /Nothing has been given back\.\n.* do not know: 0002_second/,
      );
      expect(adoption.container(name).state).toBe("running");
      expect(adoption.printed.join("\n")).not.toContain("cannot be told");
    });

    test("is not asked of a Postgres whose data is gone, which would make an empty one", async () => {
      const adoption = migrated("beside", ["0001_first"], ["0001_first"]);
      adoption.container("home-postgres").state = "exited";
      adoption.install.engine.volumeFiles.set("home_postgres-data", new Map());
      await expect(refuseWayBack({ ...(await adoption.run()), migrateImage }, true)).rejects.toThrow(
        /Nothing has been touched\.\n.*holds no Postgres data/,
      );
      expect(adoption.container("home-postgres").state).toBe("exited");
    });

    test("is asked of compose's Postgres that was on a data network which is gone", async () => {
      const adoption = migrated("beside", ownAsked, ["0001_first"]);
      const postgres = adoption.container("home-postgres");
      postgres.state = "exited";
      postgres.goneNetworks.set("scani-data", "removed");
      await expect(refuseWayBack({ ...(await adoption.run()), migrateImage }, true)).rejects.toThrow(
        "do not know: 0002_second",
      );
    });

    test("or not, in a Postgres that does not start, which is said", async () => {
      const adoption = migrated("taken over", ownAsked, ["0001_first"]);
      Object.assign(adoption.container("scani-postgres"), { state: "exited", endsWith: 1 });
      await refuseWayBack({ ...(await adoption.run()), migrateImage }, true);
      expect(adoption.printed.join("\n")).toMatch(/schema cannot be told: scani-postgres stopped with exit code 1/);
    });

    test("or not, while an interrupt ends the wait for Postgres, which ends the way back", async () => {
      const adoption = migrated("taken over", ownAsked, ["0001_first"]);
      adoption.container("scani-postgres").state = "exited";
      const run = await adoption.run();
      const watch = { ...run.watch, signal: AbortSignal.abort() };
      await expect(refuseWayBack({ ...run, migrateImage, watch }, true)).rejects.toThrow("Interrupted");
    });

    test.each<Partial<AdoptionRecord>>([{ givenBack: "data" }, { announced: false }])(
      "is not asked of a Postgres that does not run, with %j",
      async (record) => {
        const adoption = migrated("beside", ["0001_first"], ["0001_first"]);
        Object.assign(adoption.record, record);
        if (record.announced === false) adoption.withoutRelease();
        adoption.container("home-postgres").state = "exited";
        await refuseWayBack({ ...(await adoption.run()), migrateImage }, true);
        expect(adoption.printed).toEqual([]);
        expect(adoption.container("home-postgres").state).toBe("exited");
      },
    );

    test("and their migrator is not there to tell, which is said", async () => {
      const adoption = migrated("taken over", ["0002_second"], undefined);
      expect(await refused(adoption, { migrateImage })).toBe("undefined");
      expect(adoption.printed.join("\n")).toContain(
        "Whether compose's images know the schema cannot be told: scani/migrate:0.17.1 is not on the engine.",
      );
    });
  });

  test("the data is nowhere", async () => {
    const adoption = new FakeAdoption("taken over");
    adoption.install.engine.volumeFiles.set("home_postgres-data", new Map());
    expect(await refused(adoption)).toContain("The volume home_postgres-data holds no Postgres data");
  });
});
