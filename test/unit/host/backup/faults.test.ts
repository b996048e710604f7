import { readdirSync } from "node:fs";
import { OperatorError } from "../../../../util/operatorError";
import type { FaultKind } from "../fakeEngine";
import { now, Scene, then } from "./scene";

type Trouble = Exclude<FaultKind, "hang"> | "interrupted";
const troubles: readonly Trouble[] = ["throw", "lose", "interrupted", "die"];

/** Limit of calls, more than any of the runs makes. */
const mostCalls = 40;

/**
 * Runs something with a fault at each of its calls in turn, each time on a new scene.
 * @returns the number of calls with a fault
 */
async function atEveryCall(
  trouble: Trouble,
  run: (scene: Scene, signal: AbortSignal) => Promise<unknown>,
  check: (scene: Scene, failure: unknown, call: string) => Promise<void>,
): Promise<number> {
  for (let at = 1; at <= mostCalls; at += 1) {
    const scene = await Scene.backedUp();
    const interrupt = new AbortController();
    scene.engine.plan({ at, kind: trouble === "interrupted" ? "hang" : trouble, signal: interrupt.signal });
    if (trouble === "interrupted") scene.engine.onHung = () => interrupt.abort();
    const failure = await run(scene, interrupt.signal).then(
      () => undefined,
      (error: unknown) => error ?? new Error("failed"),
    );
    const call = scene.engine.faulted;
    scene.engine.plan();
    if (call !== undefined) await check(scene, failure, call);
    scene.close();
    if (call === undefined) return at - 1;
  }
  throw new Error(`more than ${mostCalls} calls`);
}

describe.each(troubles)("with a fault at every call: %s", (trouble) => {
  test("a backup is good or none, nothing half is left, and the same again makes one", async () => {
    const calls = await atEveryCall(
      trouble,
      (scene, signal) => scene.make(signal),
      async (scene, failure, call) => {
        const found = await scene.backups();
        expect([call, found.length, found.every(({ damage }) => damage === undefined)]).toEqual([
          call,
          failure === undefined ? 2 : 1,
          true,
        ]);
        if (trouble !== "die") expect(readdirSync(scene.folder).filter((name) => name.startsWith("."))).toEqual([]);
        await scene.make();
        expect((await scene.backups()).length).toBe(failure === undefined ? 3 : 2);
        expect(readdirSync(scene.folder).filter((name) => name.startsWith("."))).toEqual([]);
      },
    );
    expect(calls).toBeGreaterThanOrEqual(5);
  });

  test("a restore is whole or has touched nothing, and the same again succeeds", async () => {
    const calls = await atEveryCall(
      trouble,
      (scene, signal) => {
        scene.postgres.privileges = ["GRANT SELECT ON TABLE public.rows TO reader;"];
        return scene.restore({ signal });
      },
      async (scene, failure, call) => {
        const exchanged = scene.postgres.databases.get("scani") !== now;
        // A killed process reports nothing; any other must report the truth.
        if (trouble !== "die") expect([call, exchanged]).toEqual([call, failure === undefined]);
        if (trouble !== "die") expect([call, scene.beside().length]).toEqual([call, exchanged ? 1 : 0]);
        if (exchanged) return;
        await scene.restore();
        expect(scene.postgres.databases.get("scani")).toEqual(then);
        expect(scene.beside().map((name) => name.replace(/\d+$/, ""))).toEqual(["scani_before_"]);
      },
    );
    expect(calls).toBeGreaterThanOrEqual(10);
  });

  test("a verification never touches the database in use, and the next one leaves nothing behind", async () => {
    await atEveryCall(
      trouble,
      (scene, signal) => scene.verify(signal),
      async (scene, _failure, call) => {
        expect([call, scene.postgres.databases.get("scani")]).toEqual([call, now]);
        await scene.verify();
        expect([call, scene.beside()]).toEqual([call, []]);
      },
    );
  });
});

test("what stops the work is what it fails with: a lost lock, in its own words", async () => {
  const lost = new AbortController();
  const scene = await Scene.backedUp();
  scene.postgres.before = (command) => {
    if (command.startsWith("pg_restore --no-owner"))
      lost.abort(new OperatorError({ what: "The restore lost its lock" }));
  };
  await expect(scene.restore({ signal: lost.signal })).rejects.toThrow("The restore lost its lock");
  expect(scene.postgres.databases.get("scani")).toBe(now);
  expect(scene.beside()).toEqual([]);

  const again = new AbortController();
  scene.postgres.before = (command) => {
    if (command.includes("pg_restore --list")) again.abort(new OperatorError({ what: "The backup lost its lock" }));
  };
  await expect(scene.make(again.signal)).rejects.toThrow("The backup lost its lock");
  expect(await scene.backups()).toHaveLength(1);
  scene.close();
});

test("a lock that is lost after the last check of users does not exchange the databases", async () => {
  const lost = new AbortController();
  const scene = await Scene.backedUp();
  const checkUnused = async () => lost.abort(new OperatorError({ what: "lost" }));
  await expect(scene.restore({ signal: lost.signal, checkUnused })).rejects.toThrow("lost");
  expect(scene.postgres.databases.get("scani")).toBe(now);
  expect(scene.beside()).toEqual([]);
  scene.close();
});
