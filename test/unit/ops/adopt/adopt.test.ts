import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { adopt, onPort, openAdoption, refuseGivenBack, type AdoptOptions } from "../../../../ops/adopt/adopt";
import { adoptionStatus, back, settle } from "../../../../ops/adopt/back";
import { BackupPhase, BesidePhase } from "../../../../host/adopt/phases/beside";
import { FilesPhase } from "../../../../host/adopt/phases/files";
import type { Stacks } from "../../../../host/adopt/phases/phase";
import { momentaryLabels } from "../../../../host/install/leftovers";
import { label } from "../../../../host/install/names/labels";
import type { Going } from "../../../../ops/adopt/act";
import * as adoptStacks from "../../../../ops/adopt/stacks";
import type { ComposeProject } from "../../../../host/adopt/compose/project";
import { whileBothServe } from "../../../../ops/adopt/show";
import { removeRecord, writeRecord, type AdoptionRecord } from "../../../../host/adopt/record";
import { composeUp } from "../../../../util/commands";
import { FakeAdoption, type Stage } from "../../host/adopt/fakeAdoption";
import { folder } from "../../lab/setup/folder";

const place = folder();
afterAll(() => place.remove());

/** Calls that change the project or the install; a temporary container that only reads does not count. */
const changing =
  /^(start|stop|setRestartPolicy|connectNetwork|disconnectNetwork|remove (?!unnamed)|writeFile|createVolume|tagImage|exec \S+ kamal-proxy (resume|pause|deploy))/;

/** Creates an adoption after its first run, with a context that records a command's output. */
async function begun(changes: Partial<AdoptionRecord> = {}, stage: Stage = "beside") {
  const adoption = new FakeAdoption(stage);
  const { engine } = adoption.install;
  engine.images.set("image:1", { id: "sha256:1", environment: [], labels: {}, digests: [] });
  await writeRecord(engine, { ...adoption.record, ...changes }, "image:1", {});
  const printed: string[] = [];
  const context = {
    project: { folder: place.path, environment: {} },
    engine: () => Promise.resolve(engine),
    print: (line: string) => printed.push(line),
    report: (line: string) => printed.push(line),
    signal: new AbortController().signal,
  };
  const from = engine.calls.length;
  return {
    adoption,
    context,
    told: async (options: AdoptOptions): Promise<string> => {
      await adopt(context, "base", "home", options);
      return printed.join("\n");
    },
    changes: () => engine.calls.slice(from).filter((call) => changing.test(call)),
    printed,
  };
}

/** Gives the project's containers the variables that identify them as Scani's. */
function shown(adoption: FakeAdoption): void {
  const common = [
    `LOG_ID_PEPPER=${"x".repeat(16)}`,
    "S3_ENDPOINT=http://minio:9000",
    "S3_ACCESS_KEY_ID=k",
    "S3_SECRET_ACCESS_KEY=s",
  ];
  Object.assign(adoption.container("home-api"), {
    image: "scani/api:0.17.1",
    environment: [...common, "SERVICE_NAME=api", "SCANI_CLOUD_URL=http://provider:8082"],
  });
  Object.assign(adoption.container("home-provider"), { environment: [...common, "SERVICE_NAME=data-provider"] });
}

test.each<[string, AdoptOptions]>([
  ["plain", {}],
  ["--plan", { plan: true }],
  ["--port 8090 --plan, as the first time", { plan: true, port: "8090" }],
  ["--plan --yes", { plan: true, yes: true }],
])(
  "once it has begun, %s says which phases are open and what goes on, and touches nothing",
  async (_words, options) => {
    const { told, changes, adoption } = await begun();
    // A killed run has left requests waiting; only going on or back ends that.
    adoption.install.paused.add("api");
    const said = await told(options);
    expect(changes()).toEqual([]);
    expect(said).toContain("home → scani, begun 2026-11-27T12:00:00Z:");
    expect(said).toContain("  · database: stop compose's api, data-provider and Postgres");
    expect(said).toContain("Serving now: compose's on port 8080.");
    const port = options.port === undefined ? "" : "--port 8090 ";
    expect(said).toContain(`Nothing has been touched. To go on:\n  type: npm run adopt -- home ${port}--yes`);
  },
);

test("what up would refuse of the engine is among the reasons not to begin, and nothing is touched", async () => {
  const { adoption, context, changes } = await begun();
  shown(adoption);
  const { engine } = adoption.install;
  await removeRecord(engine, "scani");
  const from = changes().length;
  const refused = adopt(context, "base", "home", { plan: true, port: "8090" });
  await expect(refused).rejects.toThrow(
    "The compose project home cannot be adopted as it is. Nothing has been touched.",
  );
  await expect(refused).rejects.toThrow("There is an install scani already, beside the project home.");
  await expect(refused).rejects.toThrow(
    /These images are not on the engine and cannot be pulled[^]*basecamp\/kamal-proxy/,
  );
  expect(changes().slice(from)).toEqual([]);
});

test("--json is one object, with what is done", async () => {
  const { told, changes } = await begun();
  expect(JSON.parse(await told({ json: true }))).toMatchObject({
    project: "home",
    begun: "2026-11-27T12:00:00Z",
    isOver: false,
    serving: ["this module's on port 8090", "compose's on port 8080"],
    phases: expect.arrayContaining([
      { id: "front", does: expect.any(String), done: true },
      { id: "database", does: expect.any(String), done: false },
    ]),
  });
  expect(changes()).toEqual([]);
});

test("a worker of compose's that was started again is named, with what stops it", async () => {
  const { told, changes, adoption } = await begun();
  const database = "DATABASE_URL=postgres://scani:x@postgres/scani";
  const environment = ["SERVICE_NAME=worker", "LOG_ID_PEPPER=x", "ENCRYPTION_KEY=k", database];
  Object.assign(adoption.container("scani-r1-worker"), { environment });
  Object.assign(adoption.container("home-worker"), { environment, state: "running" });
  expect(await told({})).toContain(
    "Compose's home-worker runs beside this install.\n  A job its worker takes may lack its file, or be done as another version does it.\n  type: docker stop home-worker\n",
  );
  expect(changes()).toEqual([]);
});

test("while both serve compose is asked for nothing but what a changed proxy needs", () => {
  const compose = { name: "home", folder: "/srv/home", files: ["docker-compose.prod.yml"], envFiles: [] };
  const other = (service: string, networks: string[]) =>
    ({ service, networks, state: "running", aliases: [], environment: {}, ofImage: {}, image: "caddy:2" }) as unknown;
  const containers = [other("caddy", ["home_default"]), other("grafana", ["monitoring"])];
  const project = { ...compose, containers } as ComposeProject;
  const [warning, ...rest] = whileBothServe({ frontNetworks: ["home_default"] }, compose, project);
  expect(warning).toBe(
    "Do not start or restart the whole project meanwhile: `docker compose up -d` starts compose's worker beside this module's, and a job's file may be missing there.",
  );
  expect(rest).toEqual([
    "What you change of a service beside Scani's takes effect with that service alone:",
    "  type: cd /srv/home && docker compose -f docker-compose.prod.yml up -d --no-deps --force-recreate caddy",
  ]);
  expect(whileBothServe({}, compose, project)).toEqual([warning]);
  const { record } = new FakeAdoption("beside");
  expect(whileBothServe(record, { ...compose, version: "1.29.2" }, project)[1]).toBe(
    "Do not take it down either: `docker-compose down -v` stops the Postgres both are on, and removes the files that were uploaded by its page and are not copied yet.",
  );
  expect(whileBothServe({ objectStore: "home-minio" }, compose, project)[1]).toMatch(/down -v` removes the files/);
  expect(whileBothServe({ frontNetworks: ["home_default"] }, compose, undefined)).toEqual([warning]);
});

test.each<[string, string, string]>([
  [
    "/data/compose/5",
    "unix:///var/run/docker.sock",
    "# where the files of the project home are now (/data/compose/5 is not on this machine): docker compose up -d",
  ],
  [place.path, "unix:///var/run/docker.sock", `cd ${place.path} && docker compose -p home up -d`],
  // It is not looked for on a machine that is not this one.
  ["/data/compose/5", "ssh://far", "cd /data/compose/5 && docker compose -p home up -d"],
])("compose in %s, on the engine %j, is asked by: %s", async (working, DOCKER_HOST, command) => {
  const { adoption, context } = await begun();
  shown(adoption);
  for (const name of ["home-api", "home-provider"])
    Object.assign(adoption.container(name).labels, { "com.docker.compose.project.working_dir": working });
  const project = { ...context.project, environment: { DOCKER_HOST } };
  const adopting = await openAdoption({ ...context, project }, "base", "home");
  expect(composeUp(adopting.project as ComposeProject)).toBe(command);
});

test("the first command typed again takes nothing over, and says again what is to be done", async () => {
  const { told, changes, adoption } = await begun();
  const { engine } = adoption.install;
  for (const phase of [BackupPhase, FilesPhase]) jest.spyOn(phase.prototype, "done").mockResolvedValue(true);
  const said = await told({ yes: true, port: "8090" });
  jest.restoreAllMocks();
  expect(said).toContain("Scani is served on port 8090 now, and on 8080 by compose as before");
  expect(said).toContain("type: npm run adopt -- home --yes");
  expect(changes().filter((call) => /^(start|stop|setRestartPolicy) /.test(call))).toEqual([]);
  for (const name of ["home-api", "home-page", "home-postgres"]) expect(engine.find(name)?.state).toBe("running");
});

test("--status says the same, for a person and for a program", async () => {
  const { context, printed, changes } = await begun();
  await adoptionStatus(context, "base", "home");
  expect(printed.splice(0).join("\n")).toContain("  ✓ front: ");
  await adoptionStatus(context, "base", "home", { json: true });
  expect(JSON.parse(printed.join("\n"))).toMatchObject({ project: "home", isOver: false });
  expect(changes()).toEqual([]);
});

describe("where images were removed under stopped containers", () => {
  /** Adds a container of somebody else's, newer than all, whose image is gone. */
  const withJob = async () => {
    const made = await begun();
    const { engine } = made.adoption.install;
    shown(made.adoption);
    engine.add({ name: "ci-job", state: "exited", imageId: "sha256:gone" });
    engine.all.unshift(...engine.all.splice(-1));
    return { ...made, engine };
  };

  test("the record is read through another one", async () => {
    const { context, printed } = await withJob();
    await adoptionStatus(context, "base", "home");
    expect(printed.join("\n")).toContain("home → scani");
  });

  test("also where compose's api and all of this install lack theirs", async () => {
    const { context, engine } = await withJob();
    for (const one of engine.all)
      if (one.name === "home-api" || label.install in one.labels) Object.assign(one, { imageId: "sha256:gone" });
    const { record, image } = await openAdoption(context, "base", "home");
    expect([record?.project, image]).toEqual(["home", "sha256:1"]);
  });

  test("also where only somebody else's container has one", async () => {
    const { context, engine } = await withJob();
    for (const one of engine.all) Object.assign(one, { imageId: "sha256:gone" });
    engine.add({ name: "db", state: "running" });
    expect((await openAdoption(context, "base", "home")).record?.project).toBe("home");
  });
});

describe("what keeps the volumes in use", () => {
  const type = "npm run adopt -- home --port 8090 --yes";

  test("is named where somebody has removed it, with what makes it again", async () => {
    const { adoption, context, printed } = await begun();
    await adoption.install.engine.remove("scani-adoption");
    await adoptionStatus(context, "base", "home");
    expect(printed.splice(0).join("\n")).toMatch(new RegExp(`scani-adoption, .*is gone\\.\n.*\n {2}type: ${type}$`));
    await adoptionStatus(context, "base", "home", { json: true });
    expect(JSON.parse(printed.join("\n"))).toMatchObject({ keeper: "is gone" });
  });

  test("is made again by a run that has nothing else to do", async () => {
    const { adoption, told } = await begun({}, "taken over");
    const { engine } = adoption.install;
    shown(adoption);
    // Afterwards the record has all that the containers say, and is not written anew.
    await told({ yes: true });
    await engine.remove("scani-adoption");
    const from = engine.calls.length;
    expect(await told({ yes: true })).toContain("Nothing to do: home is this module's.");
    expect(engine.find("scani-adoption")).toMatchObject({
      state: "running",
      volumes: ["scani-adoption", "home_postgres-data"],
    });
    expect(engine.calls.slice(from).filter((call) => /^(start (?!scani-adoption)|writeFile)/.test(call))).toEqual([]);
  });

  test("is made again by a way back too, also one that is refused", async () => {
    const { adoption, context } = await begun({}, "taken over");
    const { engine } = adoption.install;
    shown(adoption);
    for (const name of ["home-minio", "scani-adoption"]) await engine.remove(name);
    await expect(back(context, "base", "home", { yes: true })).rejects.toThrow("are gone: home-minio");
    expect(engine.find("scani-adoption")?.state).toBe("running");
  });
});

test("another project is not adopted into an install that adopts one, and how it is adopted beside it is said", async () => {
  const { adoption, context, changes } = await begun();
  const labels = { "com.docker.compose.project": "b", "com.docker.compose.service": "api" };
  const environment = ["LOG_ID_PEPPER=x", "SERVICE_NAME=api"];
  adoption.install.engine.add({ name: "b-api", state: "running", image: "scani/api:0.17.1", labels, environment });
  await expect(adopt(context, "base", "b", { port: "8091" })).rejects.toThrow(
    /^The install scani is adopting the project home\.\n.*\n {2}type: npm run adopt -- home --status\n {2}type: SCANI_NAME=scani-2 npm run adopt -- b --port 8091 --base scani-2-base$/,
  );
  expect(changes()).toEqual([]);
});

describe("a phase that cannot be told to be done", () => {
  const untold = () => jest.spyOn(FilesPhase.prototype, "done").mockRejectedValue(new Error("wrong keys"));
  const undone = jest.fn(() => Promise.resolve());
  afterEach(() => jest.restoreAllMocks());

  test("is said as such, with what serves and what to type", async () => {
    const { told, context, printed } = await begun();
    untold();
    const said = await told({});
    expect(said).toMatch(/ {2}\? files: copy the files.*\n {4}Whether that is done cannot be told: wrong keys\n {2}/);
    expect(said).toContain("  ✓ front: ");
    expect(said).toContain("Serving now: ");
    expect(said).toContain("type: npm run adopt -- home --yes");
    printed.splice(0);
    await adoptionStatus(context, "base", "home", { json: true });
    expect(JSON.parse(printed.join("\n"))).toMatchObject({
      isOver: false,
      phases: expect.arrayContaining([expect.objectContaining({ id: "files", done: null, why: "wrong keys" })]),
    });
  });

  test("fails with what serves and what to type, and undoes nothing", async () => {
    const { told } = await begun();
    jest.spyOn(BackupPhase.prototype, "done").mockResolvedValue(true);
    untold();
    (FilesPhase.prototype as { undo?: () => Promise<void> }).undo = undone;
    await expect(
      told({ yes: true }).finally(() => delete (FilesPhase.prototype as { undo?: unknown }).undo),
    ).rejects.toThrow(
      /^The phase files failed: wrong keys\n {2}Serving now: .*\n {2}type: npm run adopt -- home --yes\n {2}type: npm run adopt -- home --back --yes$/,
    );
    expect(undone).not.toHaveBeenCalled();
  });

  test("is no reason to settle", async () => {
    const { context } = await begun();
    for (const phase of [BackupPhase, BesidePhase]) jest.spyOn(phase.prototype, "done").mockResolvedValue(true);
    untold();
    await expect(settle(context, "base", "home", {})).rejects.toThrow(
      "The adoption of home is not over: copy the files",
    );
  });
});

test("once the data has been given back, only --back goes on", async () => {
  const { told, changes, adoption } = await begun({ givenBack: "data" });
  expect(await told({})).toContain("type: npm run adopt -- home --back --yes");
  await expect(told({ yes: true })).rejects.toThrow("type: npm run adopt -- home --back --yes");
  expect(changes()).toEqual([]);
  expect(() => refuseGivenBack(adoption.record)).not.toThrow();
});

test("another port is taken until somebody may use the first", () => {
  const { record } = new FakeAdoption("beside");
  const silent = { ...record, announced: false };
  expect(onPort(record, { port: "8090" }, true)).toBe(record);
  expect(onPort(silent, { port: "8091" }, false).port).toEqual({ now: 8080, then: 8091 });
  expect(onPort(silent, { takePort: true }, false).port).toEqual({ now: 8080, then: 8080 });
  const late = "The adoption of home has begun with port 8090.\n  type: npm run adopt -- home --yes";
  expect(() => onPort(record, { port: "8091" }, false)).toThrow(late);
  expect(() => onPort(silent, { port: "8091" }, true)).toThrow(late);
});

test.each<AdoptOptions>([{ port: "8091" }, { takePort: true }])(
  "once a release was started %j changes nothing, also before anybody was told the port",
  async (options) => {
    const { told, changes } = await begun({ announced: false });
    await expect(told({ ...options, yes: true })).rejects.toThrow("The adoption of home has begun with port 8090.");
    expect(changes()).toEqual([]);
  },
);

test("the page's own port is not taken later either where the gateway could not have it", async () => {
  const { adoption, told, changes } = await begun({ announced: false });
  const { engine } = adoption.install;
  shown(adoption);
  adoption.withoutRelease();
  engine.images.set("page", { id: "page", environment: ["API_UPSTREAM=http://api"], labels: {}, digests: [] });
  Object.assign(adoption.container("home-page"), { image: "page", imageId: "page" });
  await expect(told({ takePort: true, yes: true })).rejects.toThrow("home-page publishes no port that could be taken.");
  expect(changes()).toEqual([]);
});

test("what serves is said with the port the gateway has", async () => {
  const { adoption, told, printed } = await begun();
  Object.assign(adoption.container("scani-gateway"), { published: ["0.0.0.0:8099"] });
  expect(await told({})).toContain("Serving now: this module's on port 8099 and compose's on port 8080.");
  printed.splice(0);
  Object.assign(adoption.container("scani-gateway"), { published: [] });
  expect(await told({})).toContain("Serving now: this module's on no port yet and compose's on port 8080.");
});

test("the volume of an S3 server that somebody has stopped is not removed before its files are known to be copied", async () => {
  const { adoption, context, changes } = await begun();
  adoption.container("home-minio").state = "exited";
  // Everything but the files looks finished.
  for (const name of ["api", "provider", "page"])
    Object.assign(adoption.container(`home-${name}`), { state: "exited", restartPolicy: "no" });
  await expect(settle(context, "base", "home", { removeOldFiles: true, yes: true })).rejects.toThrow(
    "The adoption of home is not over",
  );
  expect(changes()).toEqual([]);
  expect(adoption.install.engine.volumesThere.map(({ name }) => name)).toContain("home_minio-data");
});

test("settled while this module's worker is down, nothing is lost, and what starts it is said", async () => {
  const { adoption, context, printed } = await begun({}, "taken over");
  adoption.container("scani-r1-worker").state = "exited";
  await adoptionStatus(context, "base", "home");
  expect(printed.splice(0).join("\n")).toContain("Serving now: this module's on port 8090 (its worker is exited).");
  await settle(context, "base", "home", { yes: true });
  expect(printed[0]).toBe("This module's Scani serves, but its worker is exited.\n  type: npm run up -- tier1");
  expect(adoption.install.engine.all.filter(({ name }) => name.startsWith("home-"))).toEqual([]);
});

test("the way back is not given up while this module does not serve", async () => {
  const { adoption, context, changes } = await begun({}, "taken over");
  adoption.container("scani-r1-api").state = "exited";
  await expect(settle(context, "base", "home", { yes: true })).rejects.toThrow(
    /^This module's Scani does not serve \(tier1 api is exited\), and .*\n {2}The first .*\n {2}type: npm run adopt -- home --yes\n {2}type: npm run adopt -- home --back --yes$/,
  );
  expect(changes()).toEqual([]);
});

test("nor before compose's part is taken over, nor while some of it runs", async () => {
  const beside = await begun();
  await expect(settle(beside.context, "base", "home", { yes: true })).rejects.toThrow(
    "The adoption of home is not over",
  );
  const { adoption, context, changes } = await begun({}, "taken over");
  adoption.container("home-minio").state = "running";
  await expect(settle(context, "base", "home", { yes: true })).rejects.toThrow(
    "The adoption of home is not over: stop what has been replaced",
  );
  expect(changes()).toEqual([]);
});

test("settled, compose's containers and the volume of its S3 server go", async () => {
  const { adoption, context, printed } = await begun({}, "taken over");
  await settle(context, "base", "home", { removeOldFiles: true, yes: true });
  const { all, volumesThere } = adoption.install.engine;
  expect(all.filter(({ name }) => name.startsWith("home-"))).toEqual([]);
  expect(volumesThere.map(({ name }) => name)).toEqual(["scani-storage-data", "home_postgres-data"]);
  expect(printed.at(-1)).toContain("and the volume home_minio-data");
});

test("volumes of its S3 server that hold something else, or are somebody else's too, stay and are named", async () => {
  const { adoption, context, printed } = await begun({}, "taken over");
  const { engine } = adoption.install;
  const mounts = [
    ...adoption.container("home-minio").mounts,
    { type: "volume", source: "letsencrypt", path: "/root/.minio/certs" },
  ];
  Object.assign(adoption.container("home-minio"), { mounts });
  engine.volumesThere.push({ name: "letsencrypt", labels: {} });
  const others = "The other volumes stay, of home-minio's letsencrypt (no files of Scani's: it is /root/.minio/certs).";
  await settle(context, "base", "home", { removeOldFiles: true });
  expect(printed.splice(0).join("\n")).toContain(
    `home-minio and the volume home_minio-data. ${others} There is no way`,
  );

  engine.add({ name: "mirror", volumes: ["home_minio-data"] });
  await settle(context, "base", "home", { removeOldFiles: true, yes: true });
  expect(engine.volumesThere.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["home_minio-data", "letsencrypt"]),
  );
  expect(printed.join("\n")).toMatch(
    /home-minio\. The other volumes stay, of home-minio's home_minio-data \(also of mirror\), letsencrypt/,
  );
});

test("the volume of an S3 server with other buckets stays, and how to remove it is said", async () => {
  const { adoption, context, printed } = await begun(
    { uncopied: { buckets: ["backups"], isVersioned: false } },
    "taken over",
  );
  await settle(context, "base", "home", { removeOldFiles: true, yes: true });
  expect(adoption.install.engine.volumesThere.map(({ name }) => name)).toContain("home_minio-data");
  expect(printed.join("\n")).toContain("home-minio also has the bucket backups, which nothing has copied.");
  expect(printed.join("\n")).toContain("type: docker volume rm home_minio-data");
  expect(printed.at(-1)).not.toContain("home_minio-data");
});

test.each<Going>([{}, { plan: true }, { plan: true, yes: true }])(
  "given %j, --back says what it would do and touches nothing",
  async (going) => {
    const { adoption, context, printed, changes } = await begun({}, "taken over");
    shown(adoption);
    adoption.install.nameAsPulumi("r1");
    adoption.install.paused.add("api");
    await back(context, "base", undefined, going);
    expect(changes()).toEqual([]);
    expect(printed.join("\n")).toContain(
      "  3 move the data back up in the volume home_postgres-data, where it was moved into its folder scani-data\n",
    );
    expect(printed.join("\n")).toMatch(
      /Nothing has been touched\. To go on:\n {2}type: npm run adopt -- home --back --yes$/,
    );
  },
);

test("what a run has written that was killed before it wrote the plan is put back", async () => {
  const { adoption, context, printed } = await begun();
  const { engine } = adoption.install;
  shown(adoption);
  for (const { id } of engine.all.filter(({ labels }) => label.install in labels)) await engine.remove(id);
  engine.volumeFiles.delete("scani-adoption");
  const settings = join(place.path, "Pulumi.base.yaml");
  await expect(back(context, "base", "home", { yes: true })).rejects.toThrow("is not being adopted by scani");

  writeFileSync(settings, "config:\n  scani-adopt:former:\n    secure: v1:abc\n");
  await back(context, "base", "home", {});
  expect(printed.splice(0).join("\n")).toContain(
    "the settings it has replaced are put back.\nNothing has been touched. To go on:\n  type: npm run adopt -- home --back --yes",
  );
  const put: string[] = [];
  const putBack = (stack: string) => Promise.resolve(void put.push(stack));
  jest.spyOn(adoptStacks, "stacksOn").mockReturnValue({ putBack } as unknown as Stacks);
  await back(context, "base", "home", { yes: true });
  jest.restoreAllMocks();
  expect(put).toEqual(["base", "tier1", "tier2"]);
  expect(printed).toEqual(["The settings are what they were before. Nothing else had been done."]);
  expect(engine.volumesThere.map(({ name }) => name)).not.toContain("scani-adoption");
  rmSync(settings);
});

test.each([undefined, '{\n "project"'])(
  "with a record that is %j every command says so and touches nothing, unless nothing has been done yet",
  async (text) => {
    const { adoption, context, changes } = await begun();
    const { engine } = adoption.install;
    shown(adoption);
    const files = engine.volumeFiles.get("scani-adoption") as Map<string, string>;
    files.clear();
    if (text !== undefined) files.set("adoption.json", text);
    const going = { yes: true };
    for (const command of [
      () => adopt(context, "base", "home", { ...going, port: "8090" }),
      () => adoptionStatus(context, "base", "home"),
      () => back(context, "base", "home", going),
      () => settle(context, "base", "home", going),
    ])
      await expect(command()).rejects.toThrow(/^The record of what scani adopts .* the volume scani-adoption\./);
    expect(changes()).toEqual([]);

    for (const { id } of engine.all.filter(({ labels }) => label.service in labels)) await engine.remove(id);
    engine.add({ name: "left by a kill", state: "created", labels: momentaryLabels("scani", "reader") });
    await expect(back(context, "base", "home", going)).rejects.toThrow("is not being adopted by scani");
    expect((await openAdoption(context, "base", "home")).record).toBeUndefined();
  },
);

test("without --yes, --back says what stands in its way", async () => {
  const { adoption, context, changes } = await begun({}, "taken over");
  shown(adoption);
  await adoption.install.engine.remove("home-minio");
  await expect(back(context, "base", "home", {})).rejects.toThrow("Containers of compose's are gone: home-minio.");
  expect(changes()).toEqual(["remove home-minio"]);
});

test("with --yes, --back starts a stopped Postgres to ask it for its migrations", async () => {
  const { adoption, context, changes } = await begun({}, "taken over");
  shown(adoption);
  const { engine } = adoption.install;
  adoption.install.nameAsPulumi("r1");
  engine.images.set("scani/migrate:0.17.1", { id: "sha256:m", environment: [], labels: {}, digests: [] });
  Object.assign(adoption.container("scani-postgres"), { state: "exited", healthCheck: [] });
  await expect(back(context, "base", "home", { yes: true })).rejects.toThrow("do not know: 0001_first");
  expect(changes().filter((call) => !call.includes("unnamed"))).toEqual(["start scani-postgres"]);
});

describe("once compose's containers are gone", () => {
  /** Goes on with an adoption, which has nothing to do, before its containers are removed. */
  const without = async (changes: Partial<AdoptionRecord> = {}, goesOn = true) => {
    const begunOne = await begun(changes, "taken over");
    const { engine } = begunOne.adoption.install;
    shown(begunOne.adoption);
    for (const name of ["home-api", "home-provider"])
      Object.assign(begunOne.adoption.container(name).labels, {
        "com.docker.compose.project.working_dir": place.path,
        "com.docker.compose.project.config_files": join(place.path, "docker-compose.prod.yml"),
      });
    if (goesOn) expect(await begunOne.told({ yes: true })).toContain("Nothing to do: home is this module's.");
    for (const { id } of engine.all.filter(({ name }) => name.startsWith("home-"))) await engine.remove(id);
    return begunOne;
  };
  const create = (options: string) => `docker compose ${options}up --no-start`;

  test("compose's commands name its folder and file all the same", async () => {
    const { context } = await without();
    await expect(back(context, "base", "home", {})).rejects.toThrow(
      `\n  This makes them again without starting them:\n  type: cd ${place.path} && ${create("-p home -f docker-compose.prod.yml ")}`,
    );
  });

  test("a record of an earlier version says that the folder has to be found", async () => {
    const { context } = await without({}, false);
    await expect(back(context, "base", "home", {})).rejects.toThrow(
      `\n  In the folder of its compose file, this makes them again without starting them:\n  type: ${create("-p home ")}`,
    );
  });

  test("the volume of its files is known", async () => {
    const { adoption, context } = await without();
    await settle(context, "base", "home", { removeOldFiles: true, yes: true });
    expect(adoption.install.engine.volumesThere.map(({ name }) => name)).not.toContain("home_minio-data");
  });
});

test.each<Going>([{}, { yes: true }])(
  "settled with %j, volumes that may hold its S3 server's files stay, and how to remove them is said",
  async (going) => {
    const { adoption, context, printed } = await begun({}, "taken over");
    const mounts = [{ type: "volume", source: "home_minio-data", path: "/bitnami/minio/data" }];
    Object.assign(adoption.container("home-minio"), { mounts });
    await settle(context, "base", "home", { ...going, removeOldFiles: true });
    expect(adoption.install.engine.volumesThere.map(({ name }) => name)).toContain("home_minio-data");
    const told = printed.join("\n");
    expect(told).toContain("Which volumes of home-minio hold its files cannot be told");
    expect(told).toContain("type: docker volume rm home_minio-data");
    expect(told).not.toContain("no files of Scani's");
  },
);

test.each<Going>([{}, { plan: true }, { plan: true, yes: true }])(
  "given %j, --settle says what it would remove and touches nothing",
  async (going) => {
    const { context, printed, changes } = await begun({}, "taken over");
    await settle(context, "base", "home", { ...going, removeOldFiles: true });
    expect(changes()).toEqual([]);
    expect(printed.join("\n")).toContain("home-postgres, home-minio and the volume home_minio-data.");
    expect(printed.join("\n")).toContain("type: npm run adopt -- home --settle --remove-old-files --yes");
  },
);

test("settling that was killed when compose's containers were gone removes the volume of its files all the same", async () => {
  const { adoption, context, printed } = await begun({}, "taken over");
  const { engine } = adoption.install;
  const remove = engine.removeVolume.bind(engine);
  engine.removeVolume = () => Promise.reject(new Error("killed"));
  const settling = () => settle(context, "base", "home", { removeOldFiles: true, yes: true });
  await expect(settling()).rejects.toThrow("killed");
  expect(engine.find("home-minio")).toBeUndefined();
  engine.removeVolume = remove;
  await settling();
  expect(engine.volumesThere.map(({ name }) => name)).toEqual(["scani-storage-data", "home_postgres-data"]);
  expect(printed.at(-1)).toContain("and the volume home_minio-data");
});
