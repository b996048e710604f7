import { routes } from "../../../../host/gateway/routes";
import { perform } from "../../../../host/handover/perform";
import { previewSwitch } from "../../../../host/handover/previewSwitch";
import { renderPreview } from "../../../../host/handover/renderPreview";
import { variables } from "../../../../host/adopt/readCompose";
import { readJournal, record, type Entry } from "../../../../host/install/journal";
import { label } from "../../../../host/install/labels";
import type { Sockets } from "../../../../host/install/platform";
import { servicesOf, type Service } from "../../../../host/install/services";
import type { Tier } from "../../../../settings";
import { atEveryCall } from "../everyCall";
import type { FaultKind } from "../fakeEngine";
import { FakeInstall } from "../fakeInstall";

const releaseOf: Readonly<Record<Tier, string>> = { tier1: "r1", tier2: "r2" };

/** Tier 2's place. */
const hosted = "https://hosted.example.org";

/** An install on which one tier serves, with users' files in its bucket. */
async function served(from: Tier): Promise<FakeInstall> {
  const host = new FakeInstall();
  host.declare("tier1", "r1");
  host.declare("tier2", "r2");
  host.serve(releaseOf[from]);
  await host.backedUp();
  const store = from === "tier1" ? host.home : host.away;
  for (const [key, by] of [
    ["documents/u/1.pdf", "row"],
    ["documents/u/2.pdf", "row"],
    ["temp/file-import/u/3.csv", "job"],
    ["temp/file-import/u/4.csv", "finished job"],
  ]) {
    host.named.push([key, by]);
    if (by !== "finished job") store.objects.set(key, `contents of ${key}`);
  }
  return host;
}

async function go(host: FakeInstall, to: Tier, changes = {}): Promise<string[]> {
  const lines: string[] = [];
  await perform(
    host.engine,
    host.order(to, releaseOf[to], changes),
    (line) => lines.push(line),
    new AbortController().signal,
    200,
  ).catch((error: { why?: unknown }) => {
    throw error.why ?? error;
  });
  return lines;
}

const ways: readonly [Tier, Tier][] = [
  ["tier1", "tier2"],
  ["tier2", "tier1"],
];

test.concurrent.each(ways)(
  "from %s to %s every file is where the new release looks, and is where it was",
  async (from, to) => {
    const host = await served(from);
    const [old, now] = from === "tier1" ? [host.home, host.away] : [host.away, host.home];
    const before = new Map(old.objects);
    const lines = await go(host, to);
    expect(old.objects).toEqual(before);
    expect(now.objects).toEqual(before);
    expect(lines.at(-1)).toMatch(/serves; .*; 3 files \(\d+ bytes\) carried$/);
    expect((await readJournal(host.engine, "scani-gateway")).at(-1)?.files).toMatchObject({ files: 3, stuck: [] });
  },
);

test.concurrent(
  "up to tier 2 with files and nothing said is refused with what to type, and nothing is touched",
  async () => {
    const host = await served("tier1");
    const running = host.running();
    await expect(go(host, "tier2", { carryFiles: undefined })).rejects.toThrow(
      /carryFiles is not set, and there are 3 files \(\d+ bytes\)[^]*type: .*carryFiles yes\n.*type: .*carryFiles no/,
    );
    expect([host.running(), host.away.puts]).toEqual([running, []]);
  },
);

/** Where a run to tier 2 died between the flip and the new worker's start, and a file has come since. */
async function diedBeforeWorker(): Promise<FakeInstall> {
  const host = await served("tier1");
  host.container("r1", "worker").state = "exited";
  for (const service of ["api", "frontend-app"] as const) {
    host.container("r2", service).state = "running";
  }
  for (const route of routes) host.route(route, "r2");
  return host;
}

/** What `preview` says of files, of the release that is declared as it is. */
async function previewed(host: FakeInstall, tier: Tier, carryFiles: "yes" | "no" | undefined) {
  const { wanted, stack, backups } = host.order(tier, releaseOf[tier]);
  const environment = Object.fromEntries(
    servicesOf(tier).map((service) => [service, variables(host.container(releaseOf[tier], service).environment)]),
  );
  const sockets = { install: "scani", gateway: "scani-gateway", backups: backups.plan, stack: "base", services: [] };
  return previewSwitch(
    host.engine,
    sockets as unknown as Sockets,
    { ...wanted, stack, carryFiles, images: {}, environment },
    "/project",
  );
}

test.concurrent(
  "after a death between flip and worker a repair with nothing said carries nothing, and says so",
  async () => {
    const host = await diedBeforeWorker();
    const { files, steps } = await previewed(host, "tier2", undefined);
    expect(files).toMatchObject({ left: { files: 3, at: "tier 1's data-provider" } });
    expect(steps.map(({ id }) => id)).not.toContain("carry-rest");
    const lines = await go(host, "tier2", { carryFiles: undefined });
    expect(lines.at(-1)).toMatch(/^tier2 serves; .*3 files left at tier 1's data-provider \(carryFiles is not yes\)$/);
    expect(host.away.puts).toEqual([]);
    expect(host.running()).toContain("scani-r2-worker");
  },
);

test.concurrent("where they may go the repair carries them, as its preview says", async () => {
  const host = await diedBeforeWorker();
  const { files, steps } = await previewed(host, "tier2", "yes");
  expect(files).toMatchObject({ count: { files: 3 }, permission: "yes" });
  expect(steps.map(({ id }) => id)).toEqual(expect.arrayContaining(["carry-rest", "start-worker"]));
  expect((await go(host, "tier2")).at(-1)).toContain("3 files");
  expect(host.away.objects.get("documents/u/1.pdf")).toBe(host.home.objects.get("documents/u/1.pdf"));
});

test.concurrent("without files nothing need be said, and nothing more is started", async () => {
  const host = await served("tier1");
  host.named = [];
  const lines = await go(host, "tier2", { carryFiles: undefined });
  expect(lines.at(-1)).not.toContain("file");
});

test.concurrent(
  "no leaves them whichever way, says so, and goes on; unset, the way home needs no permission",
  async () => {
    const host = await served("tier1");
    expect((await previewed(host, "tier2", "no")).files).toMatchObject({ left: { files: 3 } });
    expect((await go(host, "tier2", { carryFiles: "no" })).at(-1)).toContain("3 files left at tier 1's data-provider");
    expect(host.away.puts).toEqual([]);
    host.away.objects.set("documents/u/5.pdf", "new");
    host.named.push(["documents/u/5.pdf", "row"]);
    expect((await previewed(host, "tier1", "no")).files).toMatchObject({ left: { files: 1, at: hosted } });
    expect((await go(host, "tier1", { carryFiles: "no" })).at(-1)).toContain(`1 file left at ${hosted} (carryFiles`);
    expect(host.home.puts).toEqual([]);
    await go(host, "tier2", { carryFiles: "no" });
    expect((await go(host, "tier1", { carryFiles: undefined })).at(-1)).toContain("1 file (3 bytes) carried");
    expect(host.home.objects.get("documents/u/5.pdf")).toBe("new");
  },
);

test.concurrent("a hosted endpoint that refuses its key keeps nobody from the way home", async () => {
  const host = await served("tier2");
  host.away.misbehave = () => 401;
  const type = /type: .*up.* tier1\n.*type: .*config set --stack tier1 carryFiles no/;
  await expect(go(host, "tier1")).rejects.toThrow(/The files cannot be carried: .*key/);
  await expect(go(host, "tier1", { carryFiles: undefined })).rejects.toThrow(type);
  expect(renderPreview(await previewed(host, "tier1", undefined))).toMatch(type);

  const { files } = await previewed(host, "tier1", "no");
  expect(files).toMatchObject({ left: { files: 4, at: hosted, uncompared: expect.stringContaining("key") } });
  expect((await go(host, "tier1", { carryFiles: "no" })).at(-1)).toMatch(
    /^tier1 serves; .*; at most 4 files left at https:.* \(carryFiles is not yes\)$/,
  );
  expect(host.running()).toContain("scani-r1-worker");
  expect((await readJournal(host.engine, "scani-gateway")).at(-1)?.files).toMatchObject({ left: 4, leftAt: hosted });

  host.away.misbehave = () => undefined;
  await go(host, "tier2");
  expect((await go(host, "tier1")).at(-1)).toContain("3 files");
});

test.concurrent("a release of the same endpoint with a renewed key looks in the same place", async () => {
  const host = await served("tier2");
  host.declare("tier2", "r3");
  for (const { labels, environment } of host.engine.all)
    if (labels[label.release] === "r2")
      (environment as string[]).splice(0, Infinity, ...environment.map((one) => one.replace("the-key", "ended")));
  const lines: string[] = [];
  const { signal } = new AbortController();
  await perform(host.engine, host.order("tier2", "r3", { carryFiles: undefined }), (line) => lines.push(line), signal);
  expect(lines.at(-1)).not.toContain("file");
});

test.concurrent("a worker is started again whether or not the place of a warm tier answers", async () => {
  const host = await served("tier1");
  for (const service of ["api", "frontend-app"] as const) host.container("r2", service).state = "running";
  host.container("r1", "worker").state = "exited";
  host.home.objects.delete("temp/file-import/u/3.csv");
  host.away.misbehave = () => 401;
  const { wanted } = host.order("tier1", "r1");
  const lines = await go(host, "tier1", { wanted: { ...wanted, keepWarm: true } });
  expect(lines).toContainEqual(
    expect.stringMatching(/worker is started without them: The files cannot be carried: .*key/),
  );
  expect(lines.at(-1)).toMatch(/^tier1 serves; .*could not be carried/);
  expect(host.running()).toContain("scani-r1-worker");
});

/** Lets a user upload a file to the new place at the first call that is so. */
function uploadAt(host: FakeInstall, isIt: (call: string) => boolean): void {
  host.engine.watch = (call) => {
    if (!isIt(call) || host.away.objects.has("documents/u/7.pdf")) return;
    host.away.objects.set("documents/u/7.pdf", "seven");
    host.named.push(["documents/u/7.pdf", "row"]);
  };
}

test.concurrent.each<["yes" | undefined]>([["yes"], [undefined]])(
  "what is uploaded over a flip that is taken back while the old worker stops comes back (carryFiles %s)",
  async (carryFiles) => {
    const host = await served("tier1");
    if (carryFiles === undefined) host.named = [];
    const interrupt = new AbortController();
    uploadAt(host, (call) => call.includes("kamal-proxy deploy"));
    const before = host.engine.watch;
    host.engine.watch = (call) => {
      before(call);
      if (call.includes("kamal-proxy deploy")) interrupt.abort();
    };
    const order = host.order("tier2", "r2", { carryFiles });
    await expect(perform(host.engine, order, () => undefined, interrupt.signal, 200)).rejects.toThrow();
    expect(host.home.objects.get("documents/u/7.pdf")).toBe("seven");
    expect(host.routes.api).toBe("scani-r1-api");
  },
);

/** Removes containers as an operator does, or another tool. */
function remove(host: FakeInstall, release: string, ...services: readonly Service[]): void {
  for (const service of services) {
    const at = host.engine.all.indexOf(host.container(release, service));
    if (at >= 0) host.engine.all.splice(at, 1);
  }
}

test.concurrent.each<[string, readonly Service[]]>([
  ["whose data-provider is gone", ["data-provider"]],
  ["of which nothing is left", servicesOf("tier1")],
])("a tier 1 %s has its files carried with the keys to its bucket", async (_name, gone) => {
  const host = await served("tier1");
  await recordSwitch(host, "tier1");
  remove(host, "r1", ...gone);
  expect((await previewed(host, "tier2", "yes")).files).toMatchObject({ count: { files: 3 } });
  await expect(go(host, "tier2", { carryFiles: undefined })).rejects.toThrow(/carryFiles is not set, and there are 3/);
  expect((await go(host, "tier2")).at(-1)).toContain("3 files (94 bytes) carried");
  expect(host.away.objects).toEqual(host.home.objects);
});

/** Puts on record that a tier was switched to. */
async function recordSwitch(host: FakeInstall, tier: Tier): Promise<void> {
  const entry = {
    at: "",
    by: "",
    to: { tier, release: releaseOf[tier] },
    outcome: "switched",
    totalMs: 1,
    timings: {},
  };
  await record(host.engine, "scani-gateway", entry as Entry);
}

test.concurrent("a tier 2 that has lost its api and its routes is found by the record, and by its worker", async () => {
  const host = await served("tier2");
  await recordSwitch(host, "tier2");
  remove(host, "r2", "api");
  expect((await previewed(host, "tier1", undefined)).files).toMatchObject({ count: { files: 3 } });
  expect((await go(host, "tier1", { carryFiles: undefined })).at(-1)).toContain("3 files (94 bytes) carried");
  expect(host.home.objects).toEqual(host.away.objects);
});

test.concurrent("a tier 2 of which nothing is left: its files are not left behind without a word", async () => {
  const host = await served("tier2");
  await recordSwitch(host, "tier2");
  remove(host, "r2", ...servicesOf("tier2"));
  const said =
    /tier2 served last, and none of its containers is left .*Rows and jobs name 4 files\.[^]*type: .*up.* tier2\n.*type: .*--stack tier1 carryFiles no/;
  await expect(go(host, "tier1", { carryFiles: undefined })).rejects.toThrow(said);
  expect(renderPreview(await previewed(host, "tier1", undefined))).toMatch(said);
  expect((await previewed(host, "tier1", "no")).files).toMatchObject({ left: { files: 4 } });
  expect((await go(host, "tier1", { carryFiles: "no" })).at(-1)).toMatch(/at most 4 files left at tier2's bucket/);
});

test.concurrent("a first release has nothing to carry, and neither has one of the tier that served last", async () => {
  const host = await served("tier1");
  remove(host, "r1", ...servicesOf("tier1"));
  remove(host, "r2", ...servicesOf("tier2"));
  for (const route of routes) host.route(route, undefined);
  host.declare("tier2", "r3");
  const { signal } = new AbortController();
  const up = async () => {
    const lines: string[] = [];
    const order = host.order("tier2", "r3", { carryFiles: undefined });
    await perform(host.engine, order, (line) => lines.push(line), signal);
    return lines.at(-1);
  };
  const first = await up();
  await recordSwitch(host, "tier2");
  for (const route of routes) host.route(route, undefined);
  expect([first, await up()].join()).not.toContain("file");
});

test.concurrent(
  "a file that cannot be carried is named in the preview, and stops nothing unless a job waits",
  async () => {
    const host = await served("tier1");
    host.named = [["documents/../1.pdf", "row"]];
    host.home.objects.set("documents/../1.pdf", "one");
    expect(renderPreview(await previewed(host, "tier2", "yes"))).toContain(
      'files: none to carry to https://hosted.example.org\n  not carried: documents/../1.pdf: its key holds ".."\n',
    );
    expect((await go(host, "tier2", { carryFiles: undefined })).at(-1)).toMatch(/1 file could not be carried/);

    const needed = await served("tier1");
    needed.named = [["temp/../1.csv", "job"]];
    needed.home.objects.set("temp/../1.csv", "one");
    expect(renderPreview(await previewed(needed, "tier2", "yes"))).toContain("up is refused while waiting jobs need 1");
    await expect(go(needed, "tier2")).rejects.toThrow(/which a waiting job needs[^]*type: .*carryFiles no/);
  },
);

/** Where nothing has been said and there are no files, a user uploads the first at a call. */
async function firstPaperAt(isIt: (call: string) => boolean): Promise<FakeInstall> {
  const host = await served("tier1");
  host.named = [];
  host.home.objects.clear();
  host.engine.watch = (call) => {
    if (!isIt(call) || host.named.length > 0) return;
    host.home.objects.set("documents/u/8.pdf", "eight");
    host.named.push(["documents/u/8.pdf", "row"]);
  };
  return host;
}

test.concurrent(
  "the first paper of all that comes meanwhile is not copied to somebody else's bucket unasked",
  async () => {
    const early = await firstPaperAt((call) => call === "start scani-r2-api");
    expect((await previewed(early, "tier2", undefined)).steps.map((step) => step.describe({ created: [] }))).toContain(
      "look whether files have come for https://hosted.example.org, since carryFiles is not set",
    );
    await expect(go(early, "tier2", { carryFiles: undefined })).rejects.toThrow(
      /carryFiles is not set, and there are 1 file/,
    );
    expect([early.routes.api, early.away.puts]).toEqual(["scani-r1-api", []]);

    const late = await firstPaperAt((call) => call.includes("kamal-proxy deploy"));
    expect((await go(late, "tier2", { carryFiles: undefined })).at(-1)).toMatch(
      /^tier2 serves; .*1 file left at tier 1's data-provider \(carryFiles is not yes\)$/,
    );
    expect(late.away.puts).toEqual([]);
  },
);

test.concurrent("a second switch carries only what is new", async () => {
  const host = await served("tier1");
  await go(host, "tier2");
  await go(host, "tier1");
  host.home.objects.set("documents/u/6.pdf", "six");
  host.named.push(["documents/u/6.pdf", "row"]);
  const puts = host.away.puts.length;
  expect((await go(host, "tier2")).at(-1)).toContain("1 file (3 bytes) carried");
  expect(host.away.puts.length - puts).toBe(1);
});

test.concurrent("a new store that takes nothing is refused before the flip, with its cause", async () => {
  const host = await served("tier1");
  const running = host.running();
  host.away.misbehave = (call) => (call === "PUT" ? 507 : undefined);
  await expect(go(host, "tier2")).rejects.toThrow(/The files cannot be carried: the bucket of .* refuses it \(507\)/);
  expect(host.running()).toEqual(running);
});

test.concurrent("what is uploaded to the new place before it is switched back comes back with it", async () => {
  const host = await served("tier1");
  Object.assign(host.container("r2", "worker"), { atStart: [] });
  host.engine.watch = (call) => {
    if (call !== "start scani-r2-worker" || host.away.objects.has("documents/u/7.pdf")) return;
    host.away.objects.set("documents/u/7.pdf", "seven");
    host.named.push(["documents/u/7.pdf", "row"]);
  };
  await expect(go(host, "tier2", { readyTimeout: 1 })).rejects.toThrow();
  expect(host.home.objects.get("documents/u/7.pdf")).toBe("seven");
});

test.concurrent.each<[FaultKind, Tier, Tier]>(
  (["throw", "lose", "die"] as const).flatMap((kind) =>
    ways.map(([from, to]): [FaultKind, Tier, Tier] => [kind, from, to]),
  ),
)(
  "a call that goes wrong (%s) from %s to %s: the same again ends with every file there, none sent twice",
  async (kind, from, to) => {
    const run = async (at: number): Promise<string[] | undefined> => {
      const host = await served(from);
      const [old, now] = from === "tier1" ? [host.home, host.away] : [host.away, host.home];
      host.engine.plan({ kind, at });
      await go(host, to).catch(() => undefined);
      const call = host.engine.faulted;
      host.engine.plan();
      const whole = [...old.objects].filter(([key, content]) => now.objects.get(key) === content).length;
      const puts = now.puts.length;
      await go(host, to);
      const lacking = [...old.objects.keys()].filter((key) => now.objects.get(key) !== old.objects.get(key));
      const left = [...now.objects.keys()].filter((key) => key.startsWith("temp/carry/"));
      const again = now.puts.length - puts - (3 - whole);
      return call === undefined
        ? undefined
        : [
            ...lacking.map((key) => `${at} ${call}: ${key} is missing`),
            ...left.map((key) => `${at} ${call}: ${key} is left over`),
            ...(again > 0 ? [`${at} ${call}: ${again} sent twice`] : []),
          ];
    };
    const wrong = await atEveryCall(run);
    expect(wrong.length).toBeGreaterThan(60);
    expect(wrong.flat()).toEqual([]);
  },
  60_000,
);
