import { readProject } from "../../../../../host/adopt/compose/readCompose";
import { composeUp } from "../../../../../util/commands";
import type { ImageDetails } from "../../../../../host/engine/engine";
import { FakeEngine } from "../../fakeEngine";

const version = (value: string) => ({ "org.opencontainers.image.version": value });

/** Returns an engine on which compose runs Scani's api of a version, with these images of the migrator. */
function engineWith(
  migrators: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
): FakeEngine {
  const engine = new FakeEngine();
  engine.add({
    name: "home_api_1",
    image: "scani/api:latest",
    imageId: "sha256:api",
    labels: {
      "com.docker.compose.project": "home",
      "com.docker.compose.service": "api",
      "traefik.enable": "true",
      ...labels,
    },
    environment: ["SERVICE_NAME=api", "LOG_ID_PEPPER=x", "TZ"],
  });
  const image = (id: string, labels: Readonly<Record<string, string>>) => ({
    id,
    environment: [],
    labels,
    digests: [],
  });
  engine.images.set("sha256:api", image("sha256:api", version("0.17.1")));
  for (const [name, labelled] of Object.entries(migrators))
    engine.images.set(name, image(`sha256:${name}`, version(labelled)));
  return engine;
}

test.each([
  [{ "scani/migrate:latest": "0.18.0", "scani/migrate:0.17.1": "0.17.1" }, "scani/migrate:0.17.1"],
  [{ "scani/migrate:latest": "0.17.1" }, "scani/migrate:latest"],
  [{ "scani/migrate:latest": "0.16.0" }, "scani/migrate:latest"],
  [{}, undefined],
])("of the migrator's images %j the one of the api's version is found", async (migrators, found) => {
  const { migrator, containers } = await readProject(engineWith(migrators), undefined, "/");
  expect(migrator?.image).toBe(found);
  expect(containers[0].labels).toMatchObject({ "traefik.enable": "true" });
  expect(containers[0].environment).toEqual({ SERVICE_NAME: "api", LOG_ID_PEPPER: "x" });
});

test.each([
  ["/srv/scani/docker-compose.prod.yml", ["docker-compose.prod.yml"]],
  ["/srv/scani/docker-compose.yml,/etc/scani/more.yml", ["docker-compose.yml", "/etc/scani/more.yml"]],
  // Compose finds these files by itself.
  ["/srv/scani/compose.yaml,/srv/scani/compose.override.yaml", []],
  // As compose 1 writes it.
  ["docker-compose.yml", []],
  ["docker-compose.prod.yml", ["docker-compose.prod.yml"]],
])("of the files %s commands have to name %j", async (written, files) => {
  const labels = {
    "com.docker.compose.project.working_dir": "/srv/scani",
    "com.docker.compose.project.config_files": written,
  };
  expect(await readProject(engineWith({}, labels), undefined, "/")).toMatchObject({ folder: "/srv/scani", files });
});

test.each([
  ["/srv/home/a.yml,/srv/home/b.yml", "/srv/home", "cd /srv/home && docker compose -f a.yml -f b.yml up -d"],
  // The project was started with --project-directory: compose would use the first file's folder.
  [
    "/srv/home/deploy/a.yml,/srv/home/b.yml",
    "/srv/home",
    "cd /srv/home && docker compose --project-directory . -f deploy/a.yml -f b.yml up -d",
  ],
  ["/etc/a.yml", "/srv/home", "cd /srv/home && docker compose --project-directory . -f /etc/a.yml up -d"],
  // Compose 1 names files as they were typed, here in /srv.
  ["home/a.yml,more/b.yml", "/srv/home", "cd /srv/home && docker compose -f a.yml -f ../more/b.yml up -d"],
  ["home/docker-compose.yml", "/srv/home", "cd /srv/home && docker compose up -d"],
])("files %s of a project in %s", async (written, folder, command) => {
  const labels = {
    "com.docker.compose.project.working_dir": folder,
    "com.docker.compose.project.config_files": written,
  };
  expect(composeUp(await readProject(engineWith({}, labels), undefined, "/"))).toBe(command);
});

test("a name of the project's own (COMPOSE_PROJECT_NAME) is said in every command", async () => {
  const labels = { "com.docker.compose.project": "scani", "com.docker.compose.project.working_dir": "/srv/home" };
  expect(composeUp(await readProject(engineWith({}, labels), undefined, "/"))).toBe(
    "cd /srv/home && docker compose -p scani up -d",
  );
});

test("what a container was created with, and whether its image starts it so, is read", async () => {
  const engine = engineWith({});
  const read = async () => (await readProject(engine, undefined, "/")).containers[0];
  expect(await read()).toMatchObject({ options: [], ownProgram: false });
  const links = [{ container: "home_postgres_1", as: "db" }];
  Object.assign(engine.all[0], { options: ["--dns 10.0.0.53"], links, entrypoint: ["bun"], arguments: ["run", "api"] });
  const made = engine.images.get("sha256:api") as ImageDetails;
  engine.images.set("sha256:api", { ...made, program: ["bun", "run", "api"] });
  expect(await read()).toMatchObject({ options: ["--dns 10.0.0.53"], links, ownProgram: false });
  Object.assign(engine.all[0], { arguments: ["run", "other"] });
  expect((await read()).ownProgram).toBe(true);
});

test.each([
  ["/srv/home/prod.env", "--env-file prod.env "],
  ["/srv/home/.env,/etc/scani/more.env", "--env-file .env --env-file /etc/scani/more.env "],
  // As compose 1 writes it.
  ["prod.env", "--env-file prod.env "],
  // Compose finds it by itself.
  ["/srv/home/.env", ""],
])("of the files of variables %s commands have to name %j", async (written, options) => {
  const labels = {
    "com.docker.compose.project.working_dir": "/srv/home",
    "com.docker.compose.project.environment_file": written,
  };
  const project = await readProject(engineWith({}, labels), undefined, "/");
  expect(composeUp(project)).toBe(`cd /srv/home && docker compose ${options}up -d`);
});

test.each([
  ["1.29.2", "docker-compose up -d"],
  ["2.30.1", "docker compose up -d"],
])("commands are those of the compose that made the containers: %s", async (version, command) => {
  const labels = {
    "com.docker.compose.project.working_dir": "/srv/home",
    "com.docker.compose.version": version,
  };
  expect(composeUp(await readProject(engineWith({}, labels), undefined, "/"))).toBe(`cd /srv/home && ${command}`);
});

test("a container with another's network has that one's networks and ports", async () => {
  const engine = engineWith({});
  const labels = { "com.docker.compose.project": "home" };
  engine.add({ name: "home_tailscale_1", labels, networks: ["home_default"], published: ["0.0.0.0:8443"] });
  engine.add({ name: "home_page_1", labels, networkOwner: "home_tailscale_1", aliases: [] });
  const { containers } = await readProject(engine, undefined, "/");
  expect(containers.find(({ name }) => name === "home_page_1")).toMatchObject({
    networks: ["home_default"],
    networkOwner: "home_tailscale_1",
    published: ["0.0.0.0:8443"],
    aliases: [],
  });
});

test("a container that is removed while the projects are read is left out, whichever project's it is", async () => {
  const engine = engineWith({});
  const labels = { "com.docker.compose.project": "other" };
  const gone = engine.add({ name: "other_job_1", labels });
  engine.watch = (call) => {
    if (call === "inspect other_job_1") engine.all.splice(engine.all.indexOf(gone), 1);
  };
  const { name, containers } = await readProject(engine, undefined, "/");
  expect([name, containers.map((one) => one.name)]).toEqual(["home", ["home_api_1"]]);
  expect(engine.find("other_job_1")).toBeUndefined();
});
