import { label } from "../../../host/install/labels";
import { container, runningServices } from "../host";
import { underLoad } from "../traffic";
import { scene } from "./install";

const unchanged = /Resources:\n\s+\d+ unchanged/;

test("a network that was pruned is noticed by the preview, and the tier switched to all the same", async () => {
  const networks = await scene.docker.listNetworks({
    filters: { label: [`${label.install}=${scene.place.install}`, `${label.tier}=tier2`] },
  });
  expect(networks).toHaveLength(1);
  // What `docker network prune` does: nothing of a tier that is stopped counts as a user of its network.
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

test("a container of base that another tool has made anew is made again by the same up", async () => {
  const name = `${scene.place.install}-redis`;
  const { info } = await container(scene, undefined, "redis");
  await scene.docker.getContainer(name).remove({ force: true });
  // As tools that update containers do it: everything as it was, the labels included.
  const copy = await scene.docker.createContainer({
    name,
    Image: info.Config.Image,
    Entrypoint: info.Config.Entrypoint,
    Env: info.Config.Env,
    Labels: info.Config.Labels,
    HostConfig: { Binds: info.HostConfig.Binds, NetworkMode: `${scene.place.install}-data` },
    NetworkingConfig: { EndpointsConfig: { [`${scene.place.install}-data`]: { Aliases: ["redis"] } } },
  });
  await copy.start();
  const seen = await scene.preview("base");
  expect(seen).toContain(`Another tool has made ${name} anew.`);
  expect(seen).toMatch(/\+-1 to replace/);
  await scene.up("base");
  const again = await container(scene, undefined, "redis");
  expect(again.running).toBe(true);
  expect(again.info.HostConfig.ReadonlyRootfs).toBe(true);
  expect([info.Id, copy.id]).not.toContain(again.id);
  expect(await scene.preview("base")).toMatch(unchanged);
});
