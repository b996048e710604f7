import { baseImages } from "../../../../host/install/services/images";
import { engineProblems, type EngineCheck } from "../../../../ops/adopt/engineProblems";
import { settingsWith } from "../../../../ops/adopt/stacks";
import { renderProblem } from "../../../../util/operatorError";
import { FakeEngine } from "../../host/fakeEngine";
import { folder } from "../../lab/setup/folder";

const place = folder();
afterAll(() => place.remove());

const tier1 = { imageRepository: "scani", SCANI_IMAGE_TAG: "adopted-1" };
const adoption: EngineCheck["adoption"] = {
  install: "scani",
  tier: "tier1",
  settings: { base: { MAILPIT_UI_PORT: "8027", publishGateway: "true" }, tier1, tier2: {} },
  tags: Object.fromEntries(
    ["api", "worker", "data-provider", "frontend-app"].map((service) => [service, `scani/${service}:adopted-1`]),
  ),
};

/** Lists the problems on an engine that has base's images, or lacks some. */
function problemsOn(
  change: (engine: FakeEngine) => unknown = () => undefined,
  { environment = {}, ...more }: Partial<EngineCheck> & { readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<string[]> {
  const engine = new FakeEngine(() => ({}));
  const project = { folder: place.path, environment };
  const images = baseImages(settingsWith({ ...project, environment: {} }, "base", "base", {}));
  for (const { image } of [...images, { image: "scani/migrate:adopted-1" }])
    engine.images.set(image, { id: `sha256:${image}`, environment: [], labels: {}, digests: [] });
  change(engine);
  const check = { base: "base", adoption, isHere: false, withRelease: true, ...more };
  return engineProblems(project, engine, check).then((all) => all.map(renderProblem));
}

test("an engine that has everything is in nobody's way, with images that are yet to be tagged", async () => {
  expect(await problemsOn()).toEqual([]);
});

test("what up of base or the tier would refuse half way is told at once, in the words of up", async () => {
  const told = await problemsOn(
    (engine) => {
      for (const name of [...engine.images.keys()]) if (/kamal-proxy|migrate/.test(name)) engine.images.delete(name);
      engine.add({ name: "wiki", state: "running", published: ["0.0.0.0:8027", "0.0.0.0:8080"] });
    },
    { environment: { SCANI_FRONT_NETWORKS: "proxy" } },
  );
  expect(told).toEqual([
    expect.stringMatching(
      /^frontNetworks \(from the shell's environment\) names proxy, which is no network of the engine/,
    ),
    expect.stringMatching(/^MAILPIT_UI_PORT is 8027, and wiki has that port already[^]*type: docker stop wiki/),
    expect.stringMatching(
      /not on the engine and cannot be pulled[^]*kamal-proxy[^]*scani\/migrate:adopted-1: [^]*gatewayImage/,
    ),
  ]);
});

test("a subnet that a network has addresses of is told, with a free one", async () => {
  const told = await problemsOn(
    (engine) => engine.networksThere.push({ id: "n", name: "home_default", labels: {}, subnets: ["10.213.0.0/16"] }),
    { environment: { SCANI_SUBNET: "10.213.7.0/24" } },
  );
  expect(told).toEqual([
    expect.stringMatching(
      /^SCANI_SUBNET is 10\.213\.7\.0\/24, and the Docker network home_default has 10\.213\.0\.0\/16\.\n {2}type: .* subnet 10\.97\.\d+\.0\/24$/,
    ),
  ]);
});

test("images of a release that may be a reason already are not asked for again", async () => {
  const lacking = (engine: FakeEngine) => engine.images.delete("scani/migrate:adopted-1");
  expect(await problemsOn(lacking)).toHaveLength(1);
  expect(await problemsOn(lacking, { withRelease: false })).toEqual([]);
});

test("settings with mistakes, which are listed by themselves, name nothing", async () => {
  const settings = { ...adoption.settings, base: { MAILPIT_UI_PORT: "many" } };
  expect(await problemsOn(() => undefined, { adoption: { ...adoption, settings } })).toEqual([]);
});
