import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { changeSetting } from "../../../lab/throwaway";
import { containersOf, runningServices, secretsIn } from "../host";
import { scene } from "./install";

/** Switches by the operator's own Pulumi. */

const printed: string[] = [];

/** Runs the operator's own `pulumi` in the install's folder. */
function pulumi(...args: string[]): { code: number; output: string } {
  const { status, stdout, stderr } = spawnSync("pulumi", [...args, "--non-interactive"], {
    cwd: scene.place.workDir,
    encoding: "utf8",
    env: { ...process.env, ...scene.place.environment, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  const output = stdout + stderr;
  printed.push(output);
  return { code: status ?? -1, output };
}

test("a tier without its base fails at once and names the command", () => {
  pulumi("stack", "init", "lonely-tier1");
  pulumi("config", "set", "scani:tier", "tier1", "--stack", "lonely-tier1");
  const { code, output } = pulumi("up", "--yes", "--stack", "lonely-tier1");
  expect(code).not.toBe(0);
  expect(output).toContain("There is no base yet: stack lonely-base has not been brought up");
  expect(output).toContain("npm run up -- lonely-base");
});

test("all wrong settings are reported at once, and nothing is created", async () => {
  const before = (await containersOf(scene)).length;
  pulumi("stack", "init", "wrong-tier2");
  for (const [name, value] of [
    ["tier", "tier2"],
    ["keepWarm", "maybe"],
    ["SCANI_IMAGE_TAG", "latest"],
  ])
    pulumi("config", "set", `scani:${name}`, value, "--stack", "wrong-tier2");
  const { code, output } = pulumi("up", "--yes", "--stack", "wrong-tier2");
  expect(code).not.toBe(0);
  expect(output).toContain("4 settings are wrong for stack wrong-tier2; nothing has been touched.");
  expect((await containersOf(scene)).length).toBe(before);
});

test("preview, switch and back, and a second up that changes nothing", async () => {
  // The database has had the next release's migration.
  changeSetting(scene.place, "tier2", "SCANI_IMAGE_TAG", scene.images.nextTag);
  const preview = pulumi("preview", "--stack", "tier2");
  expect(preview.code).toBe(0);
  for (const line of [
    "Serving now: tier1",
    "After this: tier2",
    "stop gently: tier1 worker (kept)",
    "SCANI_CLOUD_URL http://data-provider:8082 → http://hosted.internal:8082",
    `postgres: container ${scene.place.install}-postgres, volume ${scene.place.install}-postgres-data`,
  ]) {
    expect(preview.output).toContain(line);
  }
  expect(preview.output).toMatch(/SCANI_CLOUD_API_KEY ••••\w{4} → ••••\w{4}/);
  expect(await runningServices(scene)).toContain("tier1 api");
  expect(pulumi("up", "--yes", "--stack", "tier2").code).toBe(0);
  expect(await runningServices(scene)).toEqual(["tier2 api", "tier2 frontend-app", "tier2 worker"]);
  expect(pulumi("up", "--yes", "--stack", "tier1").code).toBe(0);
  const again = pulumi("up", "--yes", "--stack", "tier1");
  expect(again.output).toMatch(/Resources:\n\s+\d+ unchanged/);
});

test("images that are nowhere are all named, by preview and by up, before anything is made", async () => {
  const before = (await containersOf(scene)).map(({ id }) => id).sort();
  pulumi("config", "set", "scani:SCANI_IMAGE_TAG", "9.9.9", "--stack", "tier2");
  for (const words of [["preview"], ["up", "--yes"]]) {
    const { code, output } = pulumi(...words, "--stack", "tier2");
    expect(code).not.toBe(0);
    expect(output).toContain("These images are not on the engine and cannot be pulled. Nothing has been touched.");
    for (const service of ["migrate", "api", "worker", "frontend-app"])
      expect(output).toMatch(new RegExp(`${scene.images.scaniRepository}/${service}:9\\.9\\.9: \\S+`));
    expect(output).toMatch(/type: npm run pulumi -- --project \S+ config set --stack tier2 SCANI_IMAGE_TAG \S+/);
  }
  pulumi("config", "set", "scani:SCANI_IMAGE_TAG", scene.images.nextTag, "--stack", "tier2");
  expect((await containersOf(scene)).map(({ id }) => id).sort()).toEqual(before);
});

test("destroying the tier that serves is refused before anything is touched", async () => {
  const before = (await containersOf(scene)).map(({ id, info }) => `${id} ${info.State.StartedAt}`).sort();
  const { code, output } = pulumi("destroy", "--yes", "--stack", "tier1");
  expect(code).not.toBe(0);
  expect(output).toContain("tier1 serves; destroying it would take Scani down. Nothing has been touched.");
  expect((await containersOf(scene)).map(({ id, info }) => `${id} ${info.State.StartedAt}`).sort()).toEqual(before);
});

test("no secret is in the state files, nor in what was printed", async () => {
  const stacks = join(scene.place.workDir, "state", ".pulumi", "stacks", "scani");
  const files = readdirSync(stacks)
    .filter((name) => name.endsWith(".json"))
    .map((name) => readFileSync(join(stacks, name), "utf8"));
  expect(files.length).toBeGreaterThanOrEqual(3);
  expect(await secretsIn(scene, [...files, ...printed].join("\n"))).toEqual([]);
});
