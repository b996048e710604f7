import { rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { connectDocker } from "../../host/engine/connect";
import { ensureImages, type ImageSet } from "../../lab/images";
import { cleanUp, contextOn, installOf, layOut, ownFolder, removeWhole, throwawayLabels } from "../../lab/throwaway";
import type { Throwaway } from "../../lab/throwaway";
import { adopt } from "../../ops/adopt/adopt";

/** Messages of adopt for projects it refuses, on containers that carry compose's labels and never run. */

const docker = connectDocker();
const folders = [ownFolder("adopt"), ownFolder("adopt")];
const projects = folders.map(installOf);
const secret = "d".repeat(64);
let images: ImageSet;
let place: Throwaway;

/** Creates one of a project's containers. */
async function make(project: string, service: string, image: string, more: object = {}): Promise<void> {
  await docker.createContainer({
    name: `${project}-${service}-1`,
    Image: image,
    Labels: {
      ...throwawayLabels(project),
      "com.docker.compose.project": project,
      "com.docker.compose.service": service,
      "com.docker.compose.oneoff": "False",
      "com.docker.compose.project.working_dir": folders[projects.indexOf(project)],
    },
    ...more,
  });
}

const common = [
  "NODE_ENV=production",
  "DATABASE_URL=postgres://scani:scani@postgres:5432/scani",
  "REDIS_URL=redis://shared-cache:6379",
  `LOG_ID_PEPPER=${"a".repeat(64)}`,
];

/** A program of this machine that uses the port the gateway is to have. */
const taken = createServer();

beforeAll(async () => {
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  images = await ensureImages({ docker, log: () => undefined });
  place = await layOut("adopt", images, {});
  const scani = (service: string, tag = images.scaniTag) => `${images.scaniRepository}/${service}:${tag}`;
  const [first, second] = projects as [string, string];
  for (const project of [first, second])
    await make(project, "api", scani("api"), {
      Env: [
        ...common,
        "SERVICE_NAME=api",
        "SCANI_CLOUD_URL=http://data-provider:8082",
        `SCANI_CLOUD_API_KEY=${secret}`,
        `ENCRYPTION_KEY=${secret}`,
        "BETTER_AUTH_SECRET=short",
        "FRONTEND_URL=http://192.168.1.20:8080",
      ],
    });
  for (const number of ["", "2"])
    await make(first, `worker${number}`, scani("worker", images.nextTag), {
      Env: [...common, "SERVICE_NAME=worker", `ENCRYPTION_KEY=${"e".repeat(64)}`],
    });
  await make(first, "data-provider", scani("data-provider"), {
    Env: [...common, "SERVICE_NAME=data-provider", "SMTP_URL=smtp://relay:25", `DATA_PROVIDER_API_KEY=${secret}`],
  });
  await make(first, "relay", images.redis);
  await make(first, "postgres", images.postgres, {
    HostConfig: { Mounts: [{ Type: "bind", Source: folders[0], Target: "/var/lib/postgresql/data" }] },
  });
  // A container of another program, with the same label and the same name of its service.
  await make(second, "other", images.redis, { Env: ["SERVICE_NAME=worker"] });
}, 120_000);

afterAll(async () => {
  taken.close();
  if (place !== undefined) await cleanUp(docker, place);
  for (const project of projects) await removeWhole(docker, project);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}, 60_000);

const refused = async (project: string | undefined): Promise<string> => {
  const port = String((taken.address() as AddressInfo).port);
  const error = await adopt(contextOn(place), "base", project, { yes: true, port }).then(
    () => new Error("it was taken"),
    (thrown: Error) => thrown,
  );
  return error.message;
};

/** Lists everything on the engine of both projects and of the install. */
async function everything(): Promise<string[]> {
  const filters = { label: [`scani.install=${place.install}`] };
  const [all, containers, networks, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters: { label: ["com.docker.compose.project"] } }),
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  const theirs = all.filter(({ Labels }) => projects.includes(Labels["com.docker.compose.project"]));
  return [
    ...[...theirs, ...containers].map(({ Id, State }) => `${Id} ${State}`),
    ...[...networks, ...Volumes].map(({ Name }) => Name),
  ].sort();
}

test("two projects on one engine: which one has to be said, by name or by folder", async () => {
  const told = await refused(undefined);
  expect(told).toContain("Which project?");
  for (const project of projects) expect(told).toContain(`adopt -- ${project}`);
  expect(await refused("nobody")).toContain("There is no compose project nobody that runs Scani.");
  expect(await refused(folders[1])).toContain(`The compose project ${projects[1]} cannot be adopted as it is.`);
}, 60_000);

test("every reason is told at once, with what to type, and nothing is touched", async () => {
  const before = await everything();
  const [project] = projects as [string];
  const told = await refused(project);
  for (const part of [
    `The compose project ${project} cannot be adopted as it is. Nothing has been touched.`,
    `has no container of Scani's frontend-app`,
    `${project}-api-1 is created.`,
    "Scani's images are not of one version",
    "ENCRYPTION_KEY of worker is not ENCRYPTION_KEY of api",
    "REDIS_URL of",
    "shared-cache, which only containers on its networks can reach",
    `SMTP_URL names ${project}-relay-1`,
    `in ${folders[0]}, a folder of the host`,
    "BETTER_AUTH_SECRET (of compose's containers) is 5 characters long",
    "FRONTEND_URL (of compose's containers)",
    "is taken by another program of this machine",
  ])
    expect(told).toContain(part);
  expect(told).not.toContain(secret);
  const commands = told.split("\n").filter((line) => line.trim().startsWith("type: "));
  expect(commands.length).toBeGreaterThanOrEqual(10);
  expect(await everything()).toEqual(before);
}, 60_000);
