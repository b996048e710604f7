import { stacksBeside } from "../../../../host/install/names/stacks";
import type { AdoptRun, Stacks } from "../../../../host/adopt/phases/phase";
import { moveBackScript, moveScript } from "../../../../host/adopt/postgres/moveData";
import type { ObjectSource } from "../../../../host/adopt/compose/project";
import { readRecord, writeRecord, type AdoptionRecord } from "../../../../host/adopt/record";
import { label } from "../../../../host/install/names/labels";
import type { Tier } from "../../../../settings";
import { Progress } from "../../../../util/progress/progress";
import type { FakeContainer } from "../fakeEngine";
import { FakeInstall } from "../fakeInstall";
import { FakeBuckets } from "./fakeBuckets";

/** Volume of compose's Postgres, and the folder in it into which the data is moved. */
const [volume, folder] = ["home_postgres-data", "scani-data"];

/** Images on the engine; the volumes are read with containers of them. */
const [image, postgresImage] = ["scani/api:0.17.1", "postgres:16"];

const storageKeys = { bucket: "job-uploads", region: "us-east-1", accessKeyId: "scani", secretAccessKey: "secret" };

const imageId = `sha256:${postgresImage}`;

/** Services of the compose file. */
const services = ["minio", "provider", "api", "worker", "page", "postgres"];

/** Stage an adoption has reached: both serve, or compose's part has been taken over. */
export type Stage = "beside" | "taken over";

/**
 * A Scani under docker compose on a fake engine, with an install that adopts it: base and tier 1 run next to it, on
 * compose's Postgres, or in its place.
 */
export class FakeAdoption {
  readonly install = new FakeInstall();
  readonly buckets = new FakeBuckets();
  readonly printed: string[] = [];
  /** Operations Pulumi was asked for, as `up tier1`. */
  readonly asked: string[] = [];
  /** Changed settings by name. */
  readonly settings = new Map<string, string | undefined>();
  /** Called when Pulumi is asked for an operation, before it is done. */
  onAsked: (words: string) => void = () => undefined;
  /** What compose's Scani says of its bucket besides the keys. */
  source: Pick<ObjectSource, "endpoint" | "trusted"> = { endpoint: "http://minio:9000" };
  /** True while Pulumi's state has the install. */
  inState = true;
  readonly record: AdoptionRecord;

  /** @param managed true when the database is somebody else's */
  constructor(
    readonly stage: Stage,
    private readonly managed = false,
  ) {
    const { engine } = this.install;
    this.install.first = (container, command, { input }) =>
      command.join(" ").includes("pg_control_system")
        ? { output: '"7300000000000000001"' }
        : this.buckets.answer(engine, container, command, input);
    engine.watch = (call) => this.moves(call);
    for (const name of [image, postgresImage])
      engine.images.set(name, { id: `sha256:${name}`, environment: [], labels: {}, digests: [] });
    const taken = stage === "taken over";
    this.record = {
      project: "home",
      install: "scani",
      tier: "tier1",
      postgres: managed ? undefined : { container: "home-postgres", volume, folder, image: postgresImage, imageId },
      scani: { api: "home-api", worker: "home-worker", "data-provider": "home-provider", "frontend-app": "home-page" },
      replaced: ["home-minio"],
      objectStore: "home-minio",
      tags: {},
      port: { now: 8080, then: 8090 },
      notes: [],
      at: "2026-11-27T12:00:00Z",
      restartPolicies: {},
      services: Object.fromEntries(services.map((service) => [`home-${service}`, service])),
      announced: true,
      ...(taken ? { uncopied: { buckets: [], isVersioned: false } } : {}),
      ...(managed && taken ? { takenOver: true } : {}),
    };
    this.addCompose(taken);
    this.addBase(taken);
    engine.volumeFiles.set(volume, new Map([[taken ? `${folder}/PG_VERSION` : "PG_VERSION", "16"]]));
  }

  private addCompose(taken: boolean): void {
    const { engine } = this.install;
    const names = services.filter((name) => !this.managed || name !== "postgres");
    for (const name of names)
      engine.add({
        name: `home-${name}`,
        labels: { "com.docker.compose.project": "home", "com.docker.compose.service": name },
        // Compose's worker is already stopped while both serve.
        state: taken || name === "worker" ? "exited" : "running",
        restartPolicy: taken || name === "worker" ? "no" : "unless-stopped",
        networks: name === "postgres" && !taken ? ["home_default", "scani-data"] : ["home_default"],
        aliases: [name],
        volumes: name === "postgres" ? [volume] : [],
        environment: name === "minio" ? [`MINIO_ROOT_USER=${storageKeys.accessKeyId}`] : [],
        mounts: name === "minio" ? [{ type: "volume", source: "home_minio-data", path: "/data" }] : [],
      });
  }

  private addBase(taken: boolean): void {
    const { engine } = this.install;
    const labels = { [label.install]: "scani" };
    engine.networksThere.push({ id: "d", name: "scani-data", labels });
    const own = engine.find("scani-postgres") as FakeContainer;
    engine.all.splice(engine.all.indexOf(own), 1);
    Object.assign(this.container("scani-gateway"), { published: ["0.0.0.0:8090"] });
    this.install.addStorage();
    Object.assign(this.container("scani-storage"), { networks: ["scani-data"], volumes: ["scani-storage-data"] });
    if (taken && !this.managed)
      engine.add({
        name: "scani-postgres",
        labels: { ...labels, [label.service]: "postgres" },
        state: "running",
        restartPolicy: "unless-stopped",
        networks: ["scani-data"],
        volumes: [volume],
      });
    const theirs = [volume, "home_minio-data"].map((name) => ({ name, labels: {} }));
    engine.volumesThere.push({ name: "scani-storage-data", labels }, ...theirs);
    this.install.declare("tier1", "r1");
    this.install.serve("r1");
  }

  /** Writes the record of a begun adoption. */
  async begun(): Promise<this> {
    await writeRecord(this.install.engine, this.record, image, {});
    return this;
  }

  get ours(): Map<string, string> {
    return this.buckets.of("scani-storage");
  }

  get theirs(): Map<string, string> {
    return this.buckets.of("home-minio");
  }

  container(name: string): FakeContainer {
    return this.install.engine.find(name) as FakeContainer;
  }

  /** Takes the release away again, as before its tier was ever brought up. */
  withoutRelease(): void {
    const { engine, routes } = this.install;
    for (const one of engine.all.filter(({ labels }) => label.release in labels)) one.state = "created";
    for (const route of Object.keys(routes) as (keyof typeof routes)[]) this.install.route(route, undefined);
  }

  /** Returns the paths of Postgres' data in its volume. */
  data(): string[] {
    return [...(this.install.engine.volumeFiles.get(volume)?.keys() ?? [])];
  }

  /** Returns the context of a command on this adoption. */
  async run(): Promise<AdoptRun> {
    const { engine } = this.install;
    const record = (await readRecord(engine, "scani", image)) ?? this.record;
    const objects: ObjectSource = { ...storageKeys, ...this.source, container: "home-minio" };
    const progress = new Progress((line) => this.printed.push(line));
    return {
      engine,
      install: { name: "scani", gateway: "scani-gateway" },
      record,
      compose: { name: "home", folder: "/srv/home", files: [], envFiles: [] },
      objects: this.container("home-minio") === undefined ? undefined : objects,
      stacks: this.stacks(),
      backups: { folder: "/nowhere", kept: 1 },
      image,
      progress,
      watch: { timeoutSeconds: 2, signal: new AbortController().signal, waiting: () => undefined },
      closing: [],
    };
  }

  private stacks(): Stacks {
    const ask = (words: string): Promise<void> => {
      this.asked.push(words);
      this.onAsked(words);
      return Promise.resolve();
    };
    return {
      names: stacksBeside("prod-base"),
      set: (stack, values) => {
        for (const [name, value] of Object.entries(values)) this.settings.set(name, value);
        return ask(`set ${stack}`);
      },
      putBack: (stack) => ask(`put back ${stack}`),
      forget: (stack) => ask(`forget ${stack}`),
      up: (stack) => ask(`up ${stack}`),
      destroy: async (stack) => {
        await ask(`destroy ${stack}`);
        if (this.inState) await this.destroy(stack);
      },
      managedDatabase: () =>
        Promise.resolve(
          this.managed && this.inState
            ? {
                kind: "managed",
                install: "scani",
                image: postgresImage,
                network: "scani-egress",
                url: "postgres://scani:secret@db.internal/scani",
                stacks: stacksBeside("prod-base"),
              }
            : undefined,
        ),
    };
  }

  private async destroy(stack: "base" | Tier): Promise<void> {
    const { engine } = this.install;
    const isOf = ({ labels }: FakeContainer) =>
      stack === "base"
        ? labels[label.install] === "scani" && label.service in labels && !(label.release in labels)
        : labels[label.tier] === stack;
    for (const { id } of engine.all.filter(isOf)) await engine.remove(id);
    if (stack === "base") this.inState = false;
  }

  /** Does what the scripts that move data do. */
  private moves(call: string): void {
    const { engine } = this.install;
    const mover = /^start (unnamed-\d+)$/.exec(call)?.[1];
    const script = mover === undefined ? undefined : this.container(mover).arguments[2];
    if (mover === undefined || (script !== moveScript && script !== moveBackScript)) return;
    engine.volumeFiles.set(volume, new Map([[script === moveScript ? `${folder}/PG_VERSION` : "PG_VERSION", "16"]]));
    engine.ends(this.container(mover), 0);
  }
}
