import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { label } from "../../../host/install/names/labels";
import { down } from "../../../ops/down";
import { up } from "../../../ops/up";
import { baseOf, countOf, runningServices } from "../host";
import { failing } from "../scene";
import { scene } from "./install";

const stateOfBase = () => join(scene.place.workDir, "state", ".pulumi", "stacks", "scani", "base.json");

/** Removes everything of the install, as after a reset of the engine or on another machine. */
async function removeEverything(): Promise<void> {
  const filters = { label: [`${label.install}=${scene.place.install}`] };
  for (const { Id } of await scene.docker.listContainers({ all: true, filters }))
    await scene.docker.getContainer(Id).remove({ force: true });
  for (const { Name } of (await scene.docker.listVolumes({ filters })).Volumes)
    await scene.docker.getVolume(Name).remove();
  for (const { Id } of await scene.docker.listNetworks({ filters })) await scene.docker.getNetwork(Id).remove();
}

/** Changes base's state to that of an install brought up on another engine. */
async function asIfFrom(id: string): Promise<void> {
  const { id: here } = await scene.engine.info();
  const state = readFileSync(stateOfBase(), "utf8");
  expect(state.split(JSON.stringify(here)).length - 1).toBeGreaterThanOrEqual(2);
  writeFileSync(stateOfBase(), state.replaceAll(JSON.stringify(here), JSON.stringify(id)));
}

test("an install of which nothing is left is not made anew without the operator's word", async () => {
  await removeEverything();
  const base = await failing(scene, up, "base");
  expect(base).toContain(`The data of ${scene.place.install} is not on this engine any more`);
  expect(base).toContain("type: SCANI_START_EMPTY=true npm run up -- base");
  const tier = await failing(scene, up, "tier1");
  expect(tier).toContain("are not on the engine any more");
  expect(tier).toContain("type: npm run up -- base");
  expect(await countOf(scene)).toEqual({ containers: 0, networks: 0, volumes: 0 });
});

test("on another engine nothing is brought up, and nothing forgotten", async () => {
  const before = readFileSync(stateOfBase(), "utf8");
  await asIfFrom("ELSEWHERE");
  const kept = readFileSync(stateOfBase(), "utf8");
  try {
    for (const stack of ["base", "tier1"])
      expect(await failing(scene, up, stack)).toContain("(ID ELSEWHERE), and this is another one");
    expect(await failing(scene, down, "base")).toContain("is on another engine (ID ELSEWHERE) than this");
    const resources = (text: string) => text.match(/"urn":/g)?.length;
    expect(resources(readFileSync(stateOfBase(), "utf8"))).toBe(resources(kept));
  } finally {
    writeFileSync(stateOfBase(), before);
  }
});

test("on the operator's word it is made anew, and serves", async () => {
  process.env.SCANI_START_EMPTY = "true";
  try {
    await scene.up("base");
  } finally {
    delete process.env.SCANI_START_EMPTY;
  }
  await scene.up("tier1");
  expect(await runningServices(scene)).toEqual([
    "tier1 api",
    "tier1 data-provider",
    "tier1 frontend-app",
    "tier1 worker",
  ]);
  const before = await baseOf(scene);
  expect(before.filter((line) => line.startsWith("volume"))).toHaveLength(4);
  expect(await scene.up("base")).toMatch(/Resources:\n\s+\d+ unchanged/);
  expect(await baseOf(scene)).toEqual(before);
});
