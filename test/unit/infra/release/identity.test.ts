import { releaseId, releaseIdOn, type ReleaseContents } from "../../../../infra/release/identity";

const contents: ReleaseContents = {
  tier: "tier2",
  images: { api: "scani/api:1", worker: "scani/worker:1" },
  environment: {},
  memory: {},
};
const ids = { api: "sha256:a", worker: "sha256:w" };
const byName = releaseId(contents);
const withIds = releaseId({ ...contents, imageIds: ids });

const made = (release: string, images: Readonly<Record<string, string>>) =>
  Object.entries(images).map(([service, imageId]) => ({ release, service, imageId }));

test("a release is named by the ids of its images, where they are on the engine", () => {
  expect(releaseIdOn(contents, ids, [])).toBe(withIds);
  expect(releaseIdOn(contents, { ...ids, api: "sha256:another" }, [])).not.toBe(withIds);
});

test.each<[string, Partial<typeof ids>, ReturnType<typeof made>, string]>([
  ["images are still to be pulled", { api: ids.api }, [], byName],
  ["they have been pulled by the first up", ids, made(byName, ids), byName],
  ["an earlier version named it", ids, made(byName, ids), byName],
  ["it was made with ids", ids, made(withIds, ids), withIds],
  ["it was made with ids, and the images are gone since", {}, made(withIds, ids), withIds],
  ["it was made with ids, and one container is gone since", ids, made(withIds, { api: ids.api }), withIds],
  ["another release is there too", ids, [...made("another", ids), ...made(withIds, ids)], withIds],
])("a release keeps its name where %s", (_name, known, containers, name) =>
  expect(releaseIdOn(contents, known, containers)).toBe(name),
);

describe("an image whose name has come to mean another makes another release", () => {
  const moved = { ...ids, worker: "sha256:rebuilt" };

  test.each([
    ["named with ids", withIds],
    ["named by an earlier version", byName],
  ])("of one %s", (_name, release) =>
    expect(releaseIdOn(contents, moved, made(release, ids))).toBe(releaseId({ ...contents, imageIds: moved })),
  );

  test("and the first again, when the name means what it meant", () =>
    expect(releaseIdOn(contents, ids, made(releaseId({ ...contents, imageIds: moved }), moved))).toBe(withIds));
});
