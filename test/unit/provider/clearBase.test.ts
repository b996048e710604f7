import { clearBase } from "../../../provider/clearBase";
import { FakeInstall } from "../host/fakeInstall";

let install: FakeInstall;

/** Creates an install on which a backup of a managed database was killed. */
beforeEach(() => {
  install = new FakeInstall();
  install.engine.add({
    name: "left",
    state: "running",
    labels: { "scani.install": "scani", "scani.service": "backup" },
  });
});

const clear = (downtime = false) => clearBase(install.engine, "scani", "base", downtime);
const names = () => install.engine.all.map(({ name }) => name);

test.each([false, true])(
  "what a killed command has left goes with base, and nothing else (downtime: %s)",
  async (downtime) => {
    await clear(downtime);
    expect(names()).toEqual(["scani-gateway", "scani-postgres"]);
  },
);

test("of a base that carries a release nothing is touched", async () => {
  install.declare("tier1", "one");
  install.nameAsPulumi("one");
  await expect(clear()).rejects.toThrow("Base carries tier1");
  expect(names()).toContain("left");
});

test("a container of a release that the engine could not remove is no release", async () => {
  install.declare("tier1", "one");
  install.nameAsPulumi("one");
  for (const one of install.engine.all) if ("scani.release" in one.labels) one.state = "dead";
  await expect(clear()).resolves.toBeUndefined();
});
