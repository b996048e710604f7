import { EngineError, type Engine } from "../../../../host/engine/engine";
import { bringImages, isRefusal, missingImages, missingProblem } from "../../../../host/preflight/images";
import { FakeEngine } from "../fakeEngine";
import { renderProblem } from "../../../../util/operatorError";

const refusal = (statusCode: number, message: string) => new EngineError(statusCode, message);

/** Returns an engine with some images, whose registry answers for the others. */
function engine(here: readonly string[], registry: Readonly<Record<string, Error | undefined>>): Engine {
  return {
    image: async (name: string) =>
      here.includes(name) ? { id: name, environment: [], labels: {}, digests: [] } : undefined,
    askRegistry: async (name: string) => {
      if (registry[name] !== undefined) throw registry[name];
    },
    containers: async () => [],
  } as unknown as Engine;
}

test("what is here or in a registry is not missing; the rest is, each once, with the registry's words", async () => {
  const host = engine(["api:1"], {
    "worker:1": undefined,
    "private:1": refusal(401, "unauthorized: authentication required"),
    "gone:1": refusal(404, "(HTTP code 404) no such image - manifest unknown: manifest unknown"),
    "far:1": refusal(500, "(HTTP code 500) server error - dial tcp: lookup far: no such host "),
  });
  expect(await missingImages(host, ["api:1", "worker:1", "private:1", "gone:1", "gone:1", "far:1"])).toEqual([
    { image: "private:1", why: "unauthorized: authentication required", login: "docker.io" },
    { image: "gone:1", why: "manifest unknown: manifest unknown" },
    { image: "far:1", why: "dial tcp: lookup far: no such host" },
  ]);
});

test("one that lost its name, and of which a container is made, can be had: it gets its name back", async () => {
  const host = new FakeEngine();
  host.images.set("sha256:u", { id: "sha256:u", environment: [], labels: {}, digests: [] });
  for (const image of ["used:1", "used@sha256:d"])
    host.add({ name: `of ${image}`, image, imageId: "sha256:u", labels: { "scani.install": "scani" } });
  host.add({ name: "of gone:1", image: "gone:1", imageId: "sha256:g", labels: { "scani.install": "scani" } });
  expect(await missingImages(host, ["used:1", "used@sha256:d", "gone:1"])).toEqual([
    { image: "used@sha256:d", why: "manifest unknown: used@sha256:d" },
    { image: "gone:1", why: "manifest unknown: gone:1" },
  ]);
});

test("a registry that does not answer in time is named", async () => {
  const silent = Object.assign(new Error("The operation was aborted due to timeout"), { name: "TimeoutError" });
  expect(await missingImages(engine([], { "api:1": silent }), ["api:1"])).toEqual([
    { image: "api:1", why: "no answer in 10 s" },
  ]);
});

test("an engine that does not answer is no missing image", async () => {
  const broken = {
    image: async () => {
      throw refusal(500, "engine trouble");
    },
  } as Partial<Engine> as Engine;
  await expect(missingImages(broken, ["api:1"])).rejects.toThrow("engine trouble");
});

test.each([
  [{ message: "x", statusCode: 401 }, true],
  [{ message: "x", statusCode: 403 }, true],
  [{ message: "pull access denied for scani/api", statusCode: 404 }, true],
  [{ message: "manifest unknown", statusCode: 404 }, false],
  [{ message: "no such host", statusCode: 500 }, false],
])("%j is a refusal: %p", (error, may) => expect(isRefusal(error)).toBe(may));

test("the message names each image, why, and what to type", () => {
  expect(
    renderProblem(
      missingProblem(
        [
          { image: "a:1", why: "gone" },
          { image: "b:1", why: "far" },
          { image: "ghcr.io/c:1", why: "denied", login: "ghcr.io" },
          { image: "ghcr.io/d:1", why: "denied", login: "ghcr.io" },
        ],
        ["pulumi config set X y --stack s"],
      ),
    ).split("\n"),
  ).toEqual([
    "These images are not on the engine and cannot be pulled. Nothing has been touched.",
    "  a:1: gone",
    "  b:1: far",
    "  ghcr.io/c:1: denied",
    "  ghcr.io/d:1: denied",
    "  Bring them to the engine, pulled or loaded by hand, and type the same again, or name others:",
    "  type: docker login ghcr.io",
    "  type: pulumi config set X y --stack s",
  ]);
});

test("what is to be brought is pulled, or named again where a container was made from it; what cannot be is told", async () => {
  const host = new FakeEngine();
  host.images.set("here:1", { id: "sha256:h", environment: [], labels: {}, digests: [] });
  host.images.set("sha256:u", { id: "sha256:u", environment: [], labels: {}, digests: [] });
  host.add({ name: "scani-redis", image: "used:1", imageId: "sha256:u", labels: { "scani.install": "scani" } });
  host.registry.add("new:1");
  expect(await bringImages(host, ["here:1", "used:1", "new:1", "gone:1"])).toEqual([
    { image: "gone:1", why: "manifest unknown: gone:1" },
  ]);
  expect(host.calls.filter((call) => /^(pull|tagImage) /.test(call)).sort()).toEqual([
    "pull gone:1",
    "pull new:1",
    "tagImage sha256:u used:1",
  ]);
});
