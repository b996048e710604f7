import { withProbe, type Probe } from "../../../../host/preflight/probe";
import { details, EngineError } from "../../../../host/engine/engine";
import { explained } from "../../../../host/engine/refusal";
import { FakeInstall } from "../fakeInstall";

let host: FakeInstall;
afterEach(() => jest.restoreAllMocks());
beforeEach(() => {
  host = new FakeInstall();
  host.declare("tier2", "r2");
});

const ask = async <T>(work: (probe: Probe) => Promise<T>): Promise<T> => {
  const api = await details(host.engine, "scani-r2-api");
  host.engine.plan();
  return withProbe(
    host.engine,
    { install: "scani", api, url: "https://hosted.example.org", key: "the-key", stack: "tier2" },
    work,
  );
};
const probes = () => host.engine.all.filter(({ labels }) => labels["scani.service"] === "preflight");

test("it stands where the candidate will: its image by id, its networks, its confinement; it is removed afterwards", async () => {
  Object.assign(host.container("r2", "api"), { confinement: { ReadonlyRootfs: true, CapDrop: ["ALL"] } });
  await ask(async (probe) => {
    expect(probes()).toEqual([
      expect.objectContaining({
        state: "running",
        imageId: "sha256:api:r2",
        networks: ["scani-edge", "scani-data"],
        confinement: { ReadonlyRootfs: true, CapDrop: ["ALL"] },
        autoRemove: true,
        environment: ["SCANI_CLOUD_URL=https://hosted.example.org", "SCANI_CLOUD_API_KEY=the-key"],
      }),
    ]);
    expect(await probe.call()).toMatchObject({ exitCode: 0, status: 200 });
    expect(await probe.http({ method: "GET", url: "https://hosted.example.org" })).toMatchObject({ status: 200 });
  });
  expect(probes()).toEqual([]);
});

test("an image that is gone is named, with what to type", async () => {
  host.engine.images.clear();
  await expect(ask(async () => undefined)).rejects.toThrow(
    /^The preflight could not run a container of api:r2: .*No such image: sha256:api:r2[^]*type: docker pull api:r2/,
  );
});

test("another refusal is said as it is, and no image is suspected", async () => {
  jest
    .spyOn(host.engine, "start")
    .mockRejectedValue(new EngineError(403, "(HTTP code 403) unexpected - Address already in use "));
  const refused = ask(async () => undefined);
  await expect(refused).rejects.toThrow(/^The preflight could not run a container of api:r2: .*Address already in use/);
  await expect(refused).rejects.not.toThrow("docker pull");
});

test("what is known of a refusal is said with what to type", async () => {
  const known = explained(new EngineError(409, "container p is marked for removal and cannot be started"), {
    kind: "container",
    name: "probe",
  });
  jest.spyOn(host.engine, "start").mockRejectedValue(known);
  await expect(ask(async () => undefined)).rejects.toThrow(
    /^The preflight could not run a container of api:r2: The engine has begun to remove probe[^]*type: docker rm -f probe$/,
  );
});

test("whatever fails, it leaves nothing behind", async () => {
  for (let at = 1; ; at += 1) {
    const api = await details(host.engine, "scani-r2-api");
    host.engine.plan({ at, kind: "throw" });
    const thrown = await withProbe(
      host.engine,
      { install: "scani", api, url: "x", key: "k", stack: "tier2" },
      (probe) => probe.call(),
    ).then(
      () => undefined,
      (error: Error) => error.message,
    );
    const call = host.engine.faulted;
    if (call === undefined) break;
    // A probe that cannot be removed is removed by the next run, and the preflight has passed.
    const expected = call.startsWith("remove") ? [undefined, 1] : [expect.stringContaining("fault at"), 0];
    expect([call, thrown, probes().length]).toEqual([call, ...expected]);
    for (const one of probes()) await host.engine.remove(one.id);
  }
});
