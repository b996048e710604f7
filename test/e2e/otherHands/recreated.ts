import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gatewayStateFile } from "../../../host/gateway/state";
import { label } from "../../../host/install/names/labels";
import { preview } from "../../../ops/preview";
import { readStatus } from "../../../ops/status/read";
import { up } from "../../../ops/up";
import { remake } from "../base/remake";
import { baseOf, container, runningServices } from "../host";
import { failing } from "../scene";
import { underLoad, until } from "../traffic";
import { scene } from "./install";

const unchanged = /Resources:\n\s+\d+ unchanged/;

test("a network that was pruned is noticed by the preview, and the tier switched to all the same", async () => {
  const networks = await scene.docker.listNetworks({
    filters: { label: [`${label.install}=${scene.place.install}`, `${label.tier}=tier2`] },
  });
  expect(networks).toHaveLength(1);
  // Do what `docker network prune` does, for which stopped containers do not use a network.
  await scene.docker.getNetwork((networks[0] as { Id: string }).Id).remove();
  const worker = await container(scene, "tier2", "worker");
  await scene.docker.getContainer(worker.id).remove();
  expect(await scene.preview("tier2")).toMatch(/\+-5 to replace/);
  const load = await underLoad(scene);
  await scene.up("tier2");
  const { failed } = await load.stop();
  expect(failed).toBe(0);
  expect(await runningServices(scene)).toEqual(["tier2 api", "tier2 frontend-app", "tier2 worker"]);
  expect(await scene.preview("tier2")).toMatch(unchanged);
});

test("a container of base that another tool has made anew is made again by the same up, while requests wait", async () => {
  const name = `${scene.place.install}-redis`;
  const { before, copy } = await remake(scene, "redis");
  const seen = await scene.preview("base");
  expect(seen).toContain(`${name} is not the one Pulumi made: another tool has made it anew`);
  expect(seen).toContain("Requests of api, ws, auth wait at the gateway meanwhile");
  expect(seen).toMatch(/\+-1 to replace/);
  expect(await scene.up("base")).toContain("hold requests at the gateway while redis is replaced");
  const again = await container(scene, undefined, "redis");
  expect(again.running).toBe(true);
  expect(again.info.HostConfig.ReadonlyRootfs).toBe(true);
  expect([before, copy]).not.toContain(again.id);
  expect(await scene.preview("base")).toMatch(unchanged);
});

test("a name of base's that somebody else has taken is refused before anything is touched", async () => {
  const name = `${scene.place.install}-mail`;
  const { info } = await container(scene, undefined, "mail");
  await scene.docker.getContainer(name).remove({ force: true });
  const foreign = await scene.docker.createContainer({ name, Image: info.Config.Image });
  try {
    const before = await baseOf(scene);
    for (const command of [preview, up]) {
      const printed = await failing(scene, command, "base");
      expect(printed).toContain(`is called ${name}, which is the name of one of base's.`);
      expect(printed).toContain(`type: docker rename ${name} ${name}-other`);
    }
    expect(await baseOf(scene)).toEqual(before);
    await foreign.rename({ name: `${name}-other` });
    await scene.up("base");
    expect((await container(scene, undefined, "mail")).running).toBe(true);
  } finally {
    await foreign.remove({ force: true });
  }
});

test("a container of base that no state of Pulumi's knows is made again by the same up", async () => {
  const { info } = await container(scene, undefined, "redis");
  const file = join(scene.place.workDir, "state", ".pulumi", "stacks", "scani", "base.json");
  // Leave the state as after `pulumi state delete`, or after a run killed while it created the container.
  const state = JSON.parse(readFileSync(file, "utf8")) as {
    checkpoint: { latest: { resources: { id?: string; urn: string }[] } };
  };
  const { latest } = state.checkpoint;
  const { urn = "" } = latest.resources.find(({ id }) => id === info.Id) ?? {};
  expect(urn).toMatch(/redis$/);
  latest.resources = latest.resources.filter((one) => !JSON.stringify(one).includes(JSON.stringify(urn)));
  writeFileSync(file, JSON.stringify(state));
  await scene.up("base");
  const again = await container(scene, undefined, "redis");
  expect([again.running, again.id === info.Id]).toEqual([true, false]);
  expect(await scene.preview("base")).toMatch(unchanged);
});

test("routes that the gateway has not saved are named by preview and status, and saved by up, so that a restart keeps them", async () => {
  const gateway = `${scene.place.install}-gateway`;
  const empty = () => scene.engine.exec(gateway, ["sh", "-c", `: > ${gatewayStateFile}`]);
  for (const stack of ["base", "tier2"]) {
    await empty();
    expect((await readStatus(scene.engine, scene.place.install)).state).toMatchObject({
      is: "serving",
      shortcomings: [{ what: expect.stringContaining("gateway has not saved its routes") as string }],
    });
    expect(await scene.preview(stack)).toMatch(/gateway (save|has not saved) its routes/);
    expect(await scene.up(stack)).toContain("The gateway had not saved its routes");
    await scene.engine.restart(gateway);
    await until(async () => (await fetch(`${scene.place.url}/api/readyz`)).ok, 30_000);
  }
  expect(await scene.preview("tier2")).toMatch(unchanged);
});
