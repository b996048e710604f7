import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dumpName, type Manifest } from "../../../host/backup/manifest";
import { prepareFolder, publish, writeDump } from "../../../host/backup/folder";
import type { Owner } from "../../../host/lock/owner";
import { routes, servedBy, type Route } from "../../../host/gateway/routes";
import type { Order } from "../../../host/handover/order";
import { label } from "../../../host/install/names/labels";
import { localCloudUrl, restartPolicy, runsOf, servicesOf, type Service } from "../../../host/install/services/release";
import { stacksBeside } from "../../../host/install/names/stacks";
import { isHeld, type Listed } from "../../../host/gateway/deploy";
import { parseWritten } from "../../../host/gateway/observe";
import { gatewayStateFile, gatewayStatePath } from "../../../host/gateway/state";
import type { TransferResult } from "../../../host/files/transfers";
import { storageCommand, storagePort, uploadsRouteName } from "../../../host/install/storage/uploads";
import type { Tier } from "../../../settings";
import { FakeEngine, type FakeAnswer, type FakeContainer, type Script } from "./fakeEngine";
import { bucketName, FakeStore, inFolder, parseConfig, printed } from "./files/fakeStores";
import { answers, listed, servicesFor, writtenDown } from "./gateway/listing";

const install = { name: "scani", gateway: "scani-gateway" };

/** Addresses of tier 2's data-provider and of the page, at which nothing on this machine answers. */
const [hostedUrl, page] = ["https://hosted.example.org", "http://127.0.0.1:9"];

/** Tier 1's bucket and its keys, which base gives to every data-provider and worker. */
const bucket = [
  "S3_ENDPOINT=https://home.test",
  `S3_BUCKET=${bucketName}`,
  "S3_REGION=us-east-1",
  "S3_ACCESS_KEY_ID=id",
  "S3_SECRET_ACCESS_KEY=secret",
];

/** Identity of the database cluster. */
const cluster = "7300000000000000001";

/** Path of the journal in the gateway. */
export const journalPath = `${gatewayStatePath}/scani-handovers.json`;

/** Folder for the backups of a test file's installs. */
const folders = mkdtempSync(join(tmpdir(), "fake-install-"));
afterAll(() => {
  rmSync(folders, { recursive: true, force: true });
});

/** Folder with a backup for all installs that have one: hundreds switch concurrently, and none writes there. */
let recentBackup: Promise<string> | undefined;

/** Creates a folder with a backup that is a minute old. */
async function makeBackup(): Promise<string> {
  const folder = join(folders, "recent");
  const at = new Date(Date.now() - 60_000);
  const file = dumpName("scani", at);
  const place = { folder, install: "scani", base: "base" };
  await prepareFolder(place);
  const written = await writeDump(
    place,
    file,
    (async function* () {
      yield Buffer.from("PGDMP");
    })(),
  );
  const manifest: Manifest = {
    version: 1,
    file,
    install: "scani",
    database: "scani",
    cluster,
    at: at.toISOString(),
    why: "asked for",
    by: "a@b",
    postgres: "16",
    databaseBytes: 1,
    tables: [],
    ...written,
  };
  await publish(place, manifest);
  return folder;
}

/**
 * An install on a fake engine: base, and a release of each tier. Its gateway, database, apis and workers answer as the
 * real ones do.
 */
export class FakeInstall {
  readonly engine = new FakeEngine(
    (container, command, call) => this.first(container, command, call) ?? this.answer(container, command, call.input),
  );
  /** Script that answers before the install does. */
  first: Script = () => undefined;
  /** Containers the gateway sends requests to, by route. */
  readonly routes: Partial<Record<Route, string>> = {};
  /** Names of the gateway's paused services. */
  readonly paused = new Set<string>();
  /** Who holds the install's locks. */
  readonly locks: { run?: Owner; apply?: Owner } = {};
  /** The gateway's service for uploads. */
  uploads: Listed | undefined;
  /** Services of the gateway that belong to somebody else. */
  readonly others: Listed[] = [];
  /** Names of migrations the database has had. */
  readonly applied = ["0001_first"];
  /** Releases whose containers the gateway refuses as targets, since they do not answer it. */
  readonly refused = new Set<string>();
  /** HTTP status of requests through the gateway that do not arrive, by route. */
  readonly lost: Partial<Record<Route | typeof uploadsRouteName, string>> = {};
  /** Names of containers that the engine's DNS has lost until they start, or join a network. */
  readonly nameless = new Set<string>();
  /** Number of health checks that containers still fail, by name. */
  readonly unready = new Map<string, number>();
  /** Content of each tier's bucket. */
  readonly home = new FakeStore("home.test");
  readonly away = new FakeStore("away.test");
  /** Another bucket of tier 1's after a move, and the names of the data-providers that use it. */
  readonly moved = new FakeStore("moved.test");
  private readonly movedProviders = new Set<string>();
  /** Free space on the engine's disk, KiB. */
  private freeKiB = 9_000_000;
  /** Files the database names: key, and what names it. */
  named: [key: string, by: string][] = [];
  private readonly folders = new Map<string, Map<string, string>>();
  /** Names of services that were paused when the gateway started, so it cannot resume them. */
  private readonly endless = new Set<string>();
  /** Folder of its backups; it does not exist until `backedUp`. */
  private folder = join(folders, randomUUID());

  constructor() {
    this.engine.started = (container) => this.started(container);
    this.engine.joined = ({ name }) => {
      this.nameless.delete(name);
    };
    this.engine.networksThere.push({ id: "e", name: "scani-edge", labels: { [label.install]: "scani" } });
    for (const service of ["gateway", "postgres"])
      this.engine.add({
        name: `scani-${service}`,
        networks: [service === "gateway" ? "scani-edge" : "scani-data"],
        labels: { [label.install]: "scani", [label.service]: service },
        state: "running",
        restartPolicy: restartPolicy.always,
        environment: service === "postgres" ? ["POSTGRES_USER=scani", "POSTGRES_DB=scani"] : [],
      });
  }

  /** Adds base's own S3 server, to which the gateway sends uploads. */
  addStorage(): void {
    this.engine.add({
      name: "scani-storage",
      networks: ["scani-data", "scani-edge"],
      labels: { [label.install]: "scani", [label.service]: "storage" },
      entrypoint: ["sh", "-c", storageCommand("job-uploads", "auto")],
      environment: ["ROOT_ACCESS_KEY=scani", "ROOT_SECRET_KEY=secret"],
      state: "running",
      restartPolicy: restartPolicy.always,
    });
    this.uploads = {
      name: uploadsRouteName,
      host: "*",
      path: "/job-uploads",
      target: `scani-storage:${storagePort}`,
      state: "running",
    };
    this.writeRoutes();
  }

  /** Moves a release's files to another managed bucket. */
  move(release: string): void {
    for (const service of ["data-provider", "worker"] as const) {
      const container = this.container(release, service);
      Object.assign(container, {
        environment: container.environment.map((entry) => entry.replace("home.test", "moved.test")),
      });
    }
    this.movedProviders.add(`scani-${release}-data-provider`);
  }

  /** Moves all declared containers to base's own bucket, and sets the free space on the engine's disk. */
  bundle(freeMiB: number): void {
    for (const one of this.engine.all)
      Object.assign(one, {
        environment: one.environment.map((entry) => entry.replace("https://home.test", "http://storage:9000")),
      });
    this.freeKiB = freeMiB * 1024;
  }

  /** Removes the route of uploads from the gateway. */
  loseUploads(): void {
    this.uploads = undefined;
    this.writeRoutes();
  }

  /** Pauses services of the gateway. */
  pause(...names: readonly string[]): void {
    for (const name of names) this.paused.add(name);
    this.writeRoutes();
  }

  /** Declares a release, as Pulumi does: created, not started. */
  declare(tier: Tier, release: string, shipped: readonly string[] = ["0001_first"]): void {
    const url = tier === "tier1" ? localCloudUrl : hostedUrl;
    for (const service of servicesOf(tier)) {
      const image = `${service}:${release}`;
      this.engine.images.set(image, { id: `sha256:${image}`, environment: [], labels: {}, digests: [] });
      this.engine.add({
        name: `scani-${release}-${service}`,
        image,
        imageId: `sha256:${image}`,
        networks: ["scani-edge", "scani-data"],
        aliases: [service],
        restartPolicy: restartPolicy[runsOf(service)],
        labels: { [label.install]: "scani", [label.service]: service, [label.tier]: tier, [label.release]: release },
        environment: [
          `SCANI_CLOUD_URL=${url}`,
          "SCANI_CLOUD_API_KEY=the-key",
          `FRONTEND_URL=${page}`,
          "CSP_CONNECT_SRC='self'",
          "DATABASE_URL=postgres://u:p@postgres/scani",
          ...(["data-provider", "worker"].includes(service) ? bucket : []),
        ],
        files: new Map(service === "migrate" ? shipped.map((name) => [`/app/migrations/${name}.sql`, ""]) : []),
        endsWith: service === "migrate" ? 0 : undefined,
        atStart: service === "worker" ? ["Worker listening for jobs"] : service === "api" ? [`tier=${tier}`] : [],
        atStop: service === "worker" ? ["Worker drained cleanly"] : [],
      });
    }
  }

  /** Names a release's containers as Pulumi does; its routes still lead to them. */
  nameAsPulumi(release: string): void {
    for (const one of this.engine.all.filter(({ labels }) => labels[label.release] === release)) {
      const name = `scani-${one.labels[label.tier]}-${one.labels[label.service]}-0a1b2c3`;
      for (const route of routes) if (this.routes[route] === one.name) this.routes[route] = name;
      Object.assign(one, { name });
    }
    this.writeRoutes();
  }

  /** Makes a declared release serve. */
  serve(release: string): void {
    for (const one of this.engine.all.filter(
      ({ labels }) => labels[label.release] === release && labels[label.service] !== "migrate",
    ))
      one.state = "running";
    for (const route of routes) this.routes[route] = `scani-${release}-${servedBy(route)}`;
    this.writeRoutes();
  }

  /** Points a route to a release, or removes it. */
  route(route: Route, release: string | undefined): void {
    if (release === undefined) delete this.routes[route];
    else this.routes[route] = `scani-${release}-${servedBy(route)}`;
    this.writeRoutes();
  }

  /** Gives the install a backup that is a minute old, so that a switch needs none. */
  async backedUp(): Promise<void> {
    this.folder = await (recentBackup ??= makeBackup());
  }

  /** Returns the order that the Handover of a tier's stack gets. */
  order(tier: Tier, release: string, changes: Partial<Order> = {}): Order {
    return {
      install,
      stack: tier,
      baseStack: "base",
      ownBucket: true,
      minimumFreeDisk: 100,
      readyTimeout: 2,
      drainTimeout: 1,
      migrationTimeout: 5,
      soak: 0,
      wanted: {
        tier,
        release,
        stack: tier,
        keepWarm: false,
        containers: Object.fromEntries(
          servicesOf(tier).map((service) => [service, this.container(release, service).id]),
        ),
      },
      backups: {
        plan: {
          directory: "backups",
          maxAge: 24,
          kept: 5,
          postgres: "scani-postgres",
          image: "postgres:16",
          network: "scani-data",
        },
        folder: this.folder,
        stacks: stacksBeside(tier),
      },
      carryFiles: "yes",
      ...changes,
    };
  }

  container(release: string, service: Service): FakeContainer {
    return this.engine.find(`scani-${release}-${service}`) as FakeContainer;
  }

  /** Lists the names of release containers that Docker counts as running, sorted. */
  running(): string[] {
    return this.engine.all
      .filter(({ labels, state }) => label.release in labels && ["running", "paused", "restarting"].includes(state))
      .map(({ name }) => name)
      .sort();
  }

  private answer(container: FakeContainer, command: readonly string[], input?: string): FakeAnswer | undefined {
    const text = command.join(" ");
    if (text.includes("/health/deep")) return { output: JSON.stringify({ checks: { r2: { ok: true } } }) };
    if (text.includes("getent hosts")) return { output: this.unknownHosts(container, command.slice(4)) };
    if (text.includes("-K -; echo")) return { output: this.transferred(container, text, input ?? "") };
    switch (container.labels[label.service]) {
      case "gateway":
        return this.gatewayAnswer(command, text);
      case "postgres":
        if (text.includes("pg_control_system")) return { output: JSON.stringify(cluster) };
        if (/pg_(cancel|terminate)_backend/.test(text)) return {};
        if (text.includes("clock_timestamp")) return { output: JSON.stringify(new Date().toISOString()) };
        if (input?.includes("documents"))
          return { output: this.named.map((file) => `file ${JSON.stringify(file)}`).join("\n") };
        return text.includes("psql")
          ? { output: ["ledger-present", ...this.applied.map((name) => `applied ${name}`)].join("\n") }
          : undefined;
      default:
        return callAnswer(text) ?? (text.endsWith("health") ? this.healthOf(container.name) : undefined);
    }
  }

  /** Prints those of some hosts that a container cannot look up. */
  private unknownHosts(asker: FakeContainer, hosts: readonly string[]): string {
    const named = (host: string) =>
      this.engine.find(host) !== undefined
        ? host
        : host === "data-provider"
          ? asker.name
          : `scani-${host === "mailpit" ? "mail" : host}`;
    return hosts
      .filter((host) => this.nameless.has(named(host)))
      .map((host) => `unknown ${host}\n`)
      .join("");
  }

  private healthOf(container: string): FakeAnswer {
    const left = this.unready.get(container) ?? 0;
    if (left === 0) return { exitCode: 0 };
    this.unready.set(container, left - 1);
    return { exitCode: 1, output: "HTTP 503" };
  }

  /** Prints what curl does for requests to the stores. It stops at the first failure. */
  private transferred(container: FakeContainer, text: string, config: string): string {
    const folder = /cd (\S+)/.exec(text)?.[1] ?? "";
    const files = this.folders.get(container.id) ?? new Map<string, string>();
    this.folders.set(container.id, files);
    const requests = parseConfig(config);
    const results: TransferResult[] = [];
    for (const request of requests) {
      const host = new URL(request.url).hostname;
      const store = this.storeAt(host);
      results.push(store.answer(inFolder(folder, request), files));
      if (results.at(-1)?.exit !== 0) break;
    }
    return printed(requests, results);
  }

  /** Finds the store whose bucket or data-provider a host is. */
  private storeAt(host: string): FakeStore {
    if (host === this.away.title || host === new URL(hostedUrl).hostname) return this.away;
    return host === this.moved.title || this.movedProviders.has(host) ? this.moved : this.home;
  }

  /** Returns the HTTP status of a request through the gateway, by service; 502 if its target does not run. */
  private answersOf(): Record<string, string> {
    const arrives = (container: string) =>
      this.engine.find(container)?.state === "running" && !this.nameless.has(container);
    const answer = (route: Route) => (arrives(this.routes[route] ?? "") ? "200" : "502");
    const uploads = arrives("scani-storage") ? "403" : "502";
    // A page's server passes these requests on to the api of its own release.
    const passedOn = arrives((this.routes.auth ?? "").replace("frontend-app", "api"));
    const auth = passedOn ? answer("auth") : "502";
    return { api: answer("api"), app: answer("app"), auth, [uploadsRouteName]: uploads, ...this.lost };
  }

  private services(): Listed[] {
    const state = this.paused.has(uploadsRouteName) ? "paused" : "running";
    return [
      ...servicesFor(this.routes, [...this.paused]),
      ...(this.uploads === undefined ? [] : [{ ...this.uploads, state }]),
      ...this.others,
    ];
  }

  /** Writes the gateway's routes to its volume. */
  private writeRoutes(): void {
    this.engine.find("scani-gateway")?.files.set(gatewayStateFile, writtenDown(this.services()));
  }

  /**
   * Handles a container's start: its name resolves again; a gateway has the pauses in its state file, and cannot resume
   * them.
   */
  private started({ name, files }: FakeContainer): void {
    this.nameless.delete(name);
    if (name !== "scani-gateway") return;
    this.paused.clear();
    for (const service of parseWritten(files.get(gatewayStateFile) ?? "").filter(isHeld)) {
      this.paused.add(service.name);
      this.endless.add(service.name);
    }
  }

  private gatewayAnswer(command: readonly string[], text: string): FakeAnswer | undefined {
    if (text.endsWith("health")) return { exitCode: 0 };
    const lock = /scani-(entrance|workshop)\.lock/.exec(command[5] ?? "")?.[1];
    if (lock !== undefined) {
      const owner = lock === "entrance" ? this.locks.run : this.locks.apply;
      return { output: owner === undefined ? "free" : `taken ${JSON.stringify(owner)}` };
    }
    if (command[0] === "df")
      return {
        output: `Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 10000000 1 ${this.freeKiB} 1% /\n`,
      };
    if (text.includes("kamal-proxy list ||")) return { output: listed(this.services()) + answers(this.answersOf()) };
    if (command[0] === "stat") return { output: String(Math.ceil(Date.now() / 1000)) };
    if (text.endsWith("kamal-proxy list")) return { output: listed(this.services()) };
    const resumed = /^kamal-proxy resume (\S+)$/.exec(text)?.[1];
    if (resumed !== undefined) {
      if (this.endless.has(resumed)) return { exitCode: 2, output: "panic: close of nil channel" };
      this.paused.delete(resumed);
      this.writeRoutes();
      return {};
    }
    if (text.includes("kamal-proxy pause")) {
      this.pause(...[...text.matchAll(/kamal-proxy pause (\S+)/g)].map(([, name]) => name));
      return { output: "held\n" };
    }
    const removed = /^kamal-proxy remove (\S+)$/.exec(text)?.[1] as Route | undefined;
    if (removed !== undefined) {
      delete this.routes[removed];
      this.writeRoutes();
      return {};
    }
    const uploads = /^kamal-proxy deploy storage --target=(\S+) --path-prefix=(\S+) /.exec(text);
    if (uploads !== null) {
      const [, target, path] = uploads;
      if (this.engine.find("scani-storage")?.state !== "running")
        return { exitCode: 1, output: "Error: target failed" };
      this.uploads = { name: uploadsRouteName, host: "*", path, target, state: "running" };
      this.writeRoutes();
      return {};
    }
    const deploys = [...text.matchAll(/kamal-proxy deploy (\S+) --target=([^:]+):/g)].map(
      ([, route, target]) => [route as Route, target] as const,
    );
    if (deploys.length === 0) return undefined;
    // A target that fails its health check is refused, and the route stays.
    const refused = deploys.filter(([, target]) => {
      const container = this.engine.find(target);
      if (container?.state !== "running" || this.nameless.has(target)) return true;
      return this.refused.has(container.labels[label.release]);
    });
    for (const [route, target] of deploys) if (!refused.some(([other]) => other === route)) this.routes[route] = target;
    this.writeRoutes();
    return refused.length > 0
      ? { exitCode: 1, output: ["begun 1.00", ...refused.map(([route]) => `route ${route}: no deploy`)].join("\n") }
      : { output: "begun 1.00\nflipped 1.10\n" };
  }
}

/** Answers a preflight's and a verification's calls of a data-provider and a bucket. */
function callAnswer(text: string): FakeAnswer | undefined {
  const data = (value: object): FakeAnswer => ({
    output: `200 0.001 0.002 \nexit 0\n${JSON.stringify({ result: { data: value } })}`,
  });
  switch (/trpc\/([\w.]+)/.exec(text)?.[1]) {
    case "ai.status":
      return data({ hasAvailableProvider: true });
    case "storage.presignUpload":
      return data({ uploadUrl: `${page}/bucket/x`, key: "x", requiredHeaders: {} });
    case "storage.objectExists":
      return data({ exists: true });
    case "tokens.search":
    case "storage.copyObject":
    case "storage.deleteTempBlob":
      return data({});
    default:
      return text.includes("exec curl") ? { output: "HTTP/1.1 200 OK\r\n\r\n" } : undefined;
  }
}
