import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import {
  hasTakenOver,
  isMoved,
  moveBackScript,
  moveData,
  moveDataBack,
  moveScript,
} from "../../../../../host/adopt/postgres/moveData";
import { Progress } from "../../../../../util/progress/progress";
import { atEveryCall } from "../../everyCall";
import { Died } from "../../fakeEngine";
import { FakeAdoption } from "../fakeAdoption";

/** Content of a data directory, with a file with a space and a hidden one. */
const contents = ["PG_VERSION", "base", "global", "pg wal", ".hidden", "postgresql.conf"];

const [part, folder] = [".scani.moving", "scani"];

let volume: string;
let shims: string;

beforeEach(() => {
  [volume, shims] = ["volume", "shims"].map((name) => mkdtempSync(join(tmpdir(), `scani-move-${name}-`)));
  for (const name of contents) writeFileSync(join(volume, name), name);
  mkdirSync(join(volume, "lost+found"));
});

afterEach(() => {
  for (const path of [volume, shims]) rmSync(path, { recursive: true });
});

/**
 * Runs a script as the container does. @param moves number of moves after which it is killed; by default it runs to its
 * end
 */
function run(script: string, moves?: number): void {
  const counter = join(shims, "count");
  writeFileSync(counter, "0");
  writeFileSync(
    join(shims, "mv"),
    `#!/bin/sh\nn=$(($(cat ${counter}) + 1)); echo $n > ${counter}\n[ $n -le ${moves ?? 1000} ] || { kill -9 $PPID; exit 1; }\nexec /bin/mv "$@"\n`,
  );
  chmodSync(join(shims, "mv"), 0o755);
  const { status, stderr } = spawnSync("sh", ["-c", script, "move", volume, part, folder], {
    env: { PATH: `${shims}${delimiter}${process.env.PATH}` },
    encoding: "utf8",
  });
  if (moves === undefined) expect([status, stderr]).toEqual([0, ""]);
}

const there = (path = ""): string[] => readdirSync(join(volume, path)).sort();

test("everything is moved one folder down, and back up", () => {
  run(moveScript);
  expect(there()).toEqual(["lost+found", folder]);
  expect(there(folder)).toEqual([...contents].sort());
  run(moveBackScript);
  expect(there()).toEqual([...contents, "lost+found"].sort());
});

test.each(Array.from({ length: contents.length + 1 }, (_unused, moves) => moves))(
  "killed after %d moves, either way, it goes on from there or back",
  (moves) => {
    run(moveScript, moves);
    // Another Postgres may accept the volume's data only while nothing has been moved.
    expect(existsSync(join(volume, "PG_VERSION"))).toBe(moves === 0);
    run(moveScript);
    expect(there(folder)).toEqual([...contents].sort());
    run(moveBackScript, moves);
    // It may not accept the data before all of it is back.
    if (existsSync(join(volume, "PG_VERSION"))) expect(there()).toEqual(expect.arrayContaining(contents));
    run(moveBackScript);
    expect(there()).toEqual([...contents, "lost+found"].sort());
    run(moveScript, moves);
    run(moveBackScript);
    expect(there()).toEqual([...contents, "lost+found"].sort());
  },
);

describe("on an engine", () => {
  const home = { install: "scani", volume: "home_postgres-data", folder: "scani-data", image: "postgres:16" };
  const move = (adoption: FakeAdoption) => moveData(adoption.install.engine, home, new Progress(() => undefined));
  const contain = (adoption: FakeAdoption, ...paths: string[]) =>
    adoption.install.engine.volumeFiles.set(home.volume, new Map(paths.map((path) => [path, "16"])));

  test("a volume somebody uses holds data: where it is not found nothing is stopped, and nothing begins on it", async () => {
    const adoption = new FakeAdoption("beside");
    contain(adoption, "18/docker/PG_VERSION");
    await expect(move(adoption)).rejects.toThrow(
      `The volume ${home.volume} holds no Postgres data (PG_VERSION), neither itself nor in its folder scani-data. Nothing has been moved.`,
    );
    expect(adoption.container("home-postgres").state).toBe("running");
  });

  describe("before the data moves a failure is taken back", () => {
    /** Returns an adoption with two containers that use the volume, each with its own restart policy. */
    function used(): FakeAdoption {
      const adoption = new FakeAdoption("beside");
      adoption.install.engine.add({
        name: "home-reader",
        state: "running",
        restartPolicy: "always",
        volumes: [home.volume],
      });
      return adoption;
    }
    const states = (adoption: FakeAdoption) =>
      ["home-postgres", "home-reader"].map((name) => {
        const { state, restartPolicy } = adoption.container(name);
        return [state, restartPolicy];
      });

    test("where one does not stop", async () => {
      const adoption = used();
      const { engine } = adoption.install;
      const stop = engine.stop.bind(engine);
      engine.stop = (container) =>
        container === "id-of-home-reader" ? Promise.reject(new Error("no answer")) : stop(container);
      await expect(move(adoption)).rejects.toThrow(/^no answer$/);
      expect(states(adoption)).toEqual([
        ["running", "unless-stopped"],
        ["running", "always"],
      ]);
    });

    test("where the move does not begin, and what does not start is named", async () => {
      const adoption = used();
      const { engine } = adoption.install;
      engine.watch = (call) => {
        const mover = /^start (unnamed-\d+)$/.exec(call)?.[1];
        if (mover !== undefined) engine.ends(adoption.container(mover), 1);
      };
      const start = engine.start.bind(engine);
      engine.start = (container) =>
        container === "id-of-home-postgres" ? Promise.reject(new Error("its port is taken")) : start(container);
      await expect(move(adoption)).rejects.toThrow(
        /^The data in the volume home_postgres-data could not be moved \(exit code 1 of unnamed-\d+\)\nhome-postgres does not start again: its port is taken\n {2}type: docker start home-postgres$/,
      );
      expect(states(adoption)).toEqual([
        ["exited", "unless-stopped"],
        ["running", "always"],
      ]);
    });
  });

  test("killed at any call and run again, compose's Postgres is off base's network", async () => {
    const killedAt = await atEveryCall(async (at) => {
      const adoption = new FakeAdoption("beside");
      const { engine } = adoption.install;
      engine.plan({ at, kind: "die" });
      const died = await move(adoption).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (died === undefined) return undefined;
      expect(died).toBeInstanceOf(Died);
      const call = engine.faulted;
      engine.plan();
      expect(await isMoved(engine, home)).toBe(false);
      await move(adoption);
      expect(adoption.container("home-postgres").networks).toEqual(["home_default"]);
      expect(adoption.data()).toEqual(["scani-data/PG_VERSION"]);
      expect(await isMoved(engine, home)).toBe(true);
      return call;
    });
    expect(killedAt).toContain("disconnectNetwork scani-data home-postgres");
  });

  test("a mover that cannot be removed does not say that the data has not moved", async () => {
    const adoption = new FakeAdoption("beside");
    const { engine } = adoption.install;
    const remove = engine.remove.bind(engine);
    engine.remove = (container, how) => {
      const one = engine.find(container);
      if (one !== undefined && one.arguments.includes(moveScript)) one.isBusy = true;
      return remove(container, how);
    };
    await move(adoption);
    expect(adoption.data()).toEqual(["scani-data/PG_VERSION"]);
    expect(adoption.container("home-postgres").networks).toEqual(["home_default"]);
  });

  test("what uses the volume all the same is named, with what stops it", async () => {
    const adoption = new FakeAdoption("taken over");
    contain(adoption, "scani-data/PG_VERSION");
    await expect(moveDataBack(adoption.install.engine, home)).rejects.toThrow(
      "The volume home_postgres-data is used by scani-postgres. Nothing has been moved.\n  type: docker stop scani-postgres",
    );
  });

  test("the container that keeps the volume from being removed is in nobody's way, and goes on", async () => {
    const adoption = await new FakeAdoption("beside").begun();
    const keeper = adoption.container("scani-adoption");
    expect(keeper).toMatchObject({ state: "running", volumes: ["scani-adoption", home.volume] });
    await move(adoption);
    expect(adoption.data()).toEqual(["scani-data/PG_VERSION"]);
    await moveDataBack(adoption.install.engine, home);
    expect(adoption.data()).toEqual(["PG_VERSION"]);
    // On an empty volume base's Postgres begins.
    contain(adoption);
    adoption.container("home-postgres").state = "exited";
    await move(adoption);
    expect(keeper).toMatchObject({ state: "running", restartPolicy: "unless-stopped" });
  });

  test("on a volume nobody uses base's Postgres begins", async () => {
    const adoption = new FakeAdoption("beside");
    contain(adoption);
    adoption.container("home-postgres").state = "exited";
    await move(adoption);
    expect(await isMoved(adoption.install.engine, home)).toBe(true);
  });

  test("a Postgres of base's own that is stopped does not say that the data is under it", async () => {
    const adoption = new FakeAdoption("taken over");
    adoption.container("scani-postgres").state = "exited";
    expect(await isMoved(adoption.install.engine, home)).toBe(true);
    contain(adoption, "PG_VERSION");
    expect(await isMoved(adoption.install.engine, home)).toBe(false);
    expect(await hasTakenOver(adoption.install.engine, home)).toBe(false);
  });
});
