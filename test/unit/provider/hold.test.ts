import * as connecting from "../../../host/engine/connect";
import { label } from "../../../host/install/names/labels";
import { hold, takeHeld } from "../../../provider/hold";
import { FakeInstall } from "../host/fakeInstall";

afterEach(() => jest.restoreAllMocks());

/** Applies a change of Postgres with copies in its way to an install on which tier 1 serves. */
async function applied(
  copies: readonly { readonly name: string; readonly state: "dead" | "exited"; isBusy?: boolean }[],
) {
  const install = new FakeInstall();
  install.declare("tier1", "one");
  install.serve("one");
  for (const copy of copies)
    install.engine.add({ ...copy, labels: { [label.install]: "scani", [label.service]: "postgres" } });
  jest.spyOn(connecting, "connect").mockReturnValue(install.engine);
  const inputs = {
    install: "scani",
    contents: { postgres: "new" },
    subnets: {},
    copies: copies.map(({ name }) => name),
  };
  const context = {
    stack: "base",
    say: () => undefined,
    signal: new AbortController().signal,
    lockAgain: async () => undefined,
  };
  const ended = await Promise.resolve(hold.apply(inputs, context)).catch((error: unknown) => error as Error);
  return { install, ended, calls: install.engine.calls };
}

test("a copy that is dead and cannot be removed fails before any request waits and any worker stops", async () => {
  const { install, ended, calls } = await applied([
    { name: "copy", state: "exited" },
    { name: "lost", state: "dead", isBusy: true },
  ]);
  expect(ended).toMatchObject({ message: expect.stringContaining("device or resource busy") });
  expect(calls.filter((call) => /^(stop|remove|start) |pause/.test(call))).toEqual(["remove lost"]);
  expect([[...install.paused], install.container("one", "worker").state]).toEqual([[], "running"]);
});

test("a dead copy is removed before requests wait, and another one while they do", async () => {
  const { install, ended, calls } = await applied([
    { name: "copy", state: "exited" },
    { name: "lost", state: "dead" },
  ]);
  expect(ended).toBeUndefined();
  expect(calls.filter((call) => /^(stop|remove) |pause/.test(call))).toEqual([
    "remove lost",
    "stop scani-one-worker",
    expect.stringContaining("pause"),
    "stop copy",
    "remove copy",
    // The fake does nothing to stop and remove one that is gone.
    "stop lost",
    "remove lost",
  ]);
  await takeHeld("scani")?.release();
  expect(install.engine.find("copy")).toBeUndefined();
});
