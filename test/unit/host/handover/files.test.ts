import { routes } from "../../../../host/gateway/routes";
import { readJournal } from "../../../../host/install/journal";
import { label } from "../../../../host/install/names/labels";
import { proxyVariables } from "../../../../host/install/services/environment";
import type { Tier } from "../../../../settings";
import { atEveryCall } from "../everyCall";
import { gatewayStatePath } from "../../../../host/gateway/state";
import type { FakeContainer, FaultKind } from "../fakeEngine";
import type { FakeInstall } from "../fakeInstall";
import { oncePerState } from "../oncePerState";
import { perform } from "../../../../host/handover/perform";
import { bringBack } from "../../../../host/handover/steps/carry";
import { Carriage } from "../../../../host/files/carriage";
import type { NamedFile } from "../../../../host/files/named";
import type { ReleaseContainer } from "../../../../host/install/facts";
import { Progress } from "../../../../util/progress/progress";
import { go, previewed, releaseOf, served } from "./filesInstall";

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

/** Creates an install on which a run to tier 2 died between the flip and the new worker's start. */
async function diedBeforeWorker(): Promise<FakeInstall> {
  const host = await served("tier1");
  host.container("r1", "worker").state = "exited";
  for (const service of ["api", "frontend-app"] as const) {
    host.container("r2", service).state = "running";
  }
  for (const route of routes) host.route(route, "r2");
  return host;
}

test.concurrent(
  "after a death between flip and worker a repair with nothing said carries nothing, and says so",
  async () => {
    const host = await diedBeforeWorker();
    const { files, steps } = await previewed(host, "tier2", undefined);
    expect(files).toMatchObject({ left: { files: 3, at: "tier 1's data-provider on https://home.test/own-bucket" } });
    expect(steps.map(({ id }) => id)).not.toContain("carry-rest");
    const lines = await go(host, "tier2", { carryFiles: undefined });
    expect(lines.at(-1)).toMatch(
      /^tier2 serves; .*3 files left at tier 1's data-provider on https:\/\/home\.test\/own-bucket \(carryFiles is not yes\), waiting jobs needed 1 of them$/,
    );
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

test.concurrent.each<["yes" | undefined, RegExp, string | undefined]>([
  ["yes", /; 1 file \(5 bytes\) carried$/, "eight"],
  [undefined, /; 1 file left at tier 1's data-provider on \S+ \(carryFiles is not yes\)$/, undefined],
])(
  "after a death in the soak, with carryFiles %s, what was uploaded over the flip is cared for before the old release stops",
  async (carryFiles, said, there) => {
    const host = await served("tier1");
    for (const [key, content] of host.home.objects) host.away.objects.set(key, content);
    host.container("r1", "worker").state = "exited";
    for (const service of ["api", "frontend-app", "worker"] as const) host.container("r2", service).state = "running";
    for (const route of routes) host.route(route, "r2");
    host.home.objects.set("documents/u/8.pdf", "eight");
    host.named.push(["documents/u/8.pdf", "row"]);

    const { steps } = await previewed(host, "tier2", carryFiles);
    expect(steps.map(({ id }) => id)).toEqual(carryFiles === "yes" ? ["carry-rest", "retire"] : ["retire"]);
    expect((await go(host, "tier2", { carryFiles })).at(-1)).toMatch(said);
    expect(host.away.objects.get("documents/u/8.pdf")).toBe(there);
    expect(host.running()).not.toContain("scani-r1-api");
  },
);

test.concurrent("without files nothing need be said, and nothing more is started", async () => {
  const host = await served("tier1");
  host.named = [];
  const lines = await go(host, "tier2", { carryFiles: undefined });
  expect(lines.at(-1)).not.toContain("file");
});

test.concurrent("nothing is asked of database or buckets while the routes are flipped", async () => {
  const host = await served("tier1");
  const all: string[] = [];
  host.engine.watch = (call) => all.push(call);
  await perform(
    host.engine,
    host.order("tier2", releaseOf.tier2),
    (line) => all.push(line),
    new AbortController().signal,
    200,
  );
  const [begun, flipped] = ["▸ flip the gateway", "✓ flip the gateway"].map((title) =>
    all.findIndex((line) => line.startsWith(title)),
  );
  expect([begun, flipped]).not.toContain(-1);
  const meanwhile = all.slice(begun, flipped);
  expect(meanwhile.filter((line) => / (curl|psql)$|^(writeFile|create) /.test(line))).toEqual([]);
  expect(all.slice(0, begun).filter((line) => line.endsWith(" curl"))).not.toEqual([]);
});

test.concurrent("the last files are carried while the old worker stops, and those it leaves after that", async () => {
  const host = await served("tier1");
  const { engine, home, away } = host;
  const [early, late] = ["documents/u/8.pdf", "documents/u/9.pdf"];
  const upload = (key: string): void => {
    home.objects.set(key, key);
    host.named.push([key, "row"]);
  };
  const stop = engine.stop.bind(engine);
  const worker = host.container("r1", "worker").id;
  const carried = new Promise<void>((resolve) => {
    engine.watch = () => {
      if (away.objects.has(early)) resolve();
    };
  });
  engine.stop = async (container, ...words) => {
    if (container === worker) {
      await carried;
      upload(late);
    }
    return stop(container, ...words);
  };
  await perform(
    engine,
    host.order("tier2", releaseOf.tier2),
    (line) => {
      if (line.startsWith("✓ carry the files")) upload(early);
    },
    new AbortController().signal,
    200,
  );
  expect([away.objects.get(early), away.objects.get(late)]).toEqual([early, late]);
});

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

test.concurrent(
  "files that dead runs left in a store are removed there, those of other stores stay on record until these are used",
  async () => {
    const host = await served("tier1");
    const { files } = host.engine.find("scani-gateway") as FakeContainer;
    const path = `${gatewayStatePath}/scani-carrying.json`;
    const recorded = () => JSON.parse(files.get(path) ?? "[]") as unknown;
    const other = { store: "https://another.example.org", keys: ["temp/carry/u/9"] };
    const [removed, kept] = ["temp/carry/u/1", "temp/carry/u/2"];
    files.set(path, JSON.stringify([other, { store: "https://hosted.example.org", keys: [removed, kept] }]));
    for (const key of [removed, kept]) host.away.objects.set(key, "left");
    host.away.misbehave = (call, key) => (call === "deleteTempBlob" && key === kept ? 500 : undefined);
    await go(host, "tier2");
    expect([host.away.objects.has(removed), host.away.objects.has(kept)]).toEqual([false, true]);
    expect(recorded()).toEqual([other, { store: "https://hosted.example.org", keys: [kept] }]);

    // Nothing is carried home, where all is already.
    host.away.misbehave = () => undefined;
    await go(host, "tier1");
    expect([host.away.objects.has(kept), recorded()]).toEqual([false, [other]]);
  },
);

test.concurrent(
  "containers that ask for the api go by its outgoing proxy, and to the install's own without it",
  async () => {
    const host = await served("tier1");
    const proxy = ["HTTPS_PROXY=http://proxy.test:3128", "HTTP_PROXY=http://proxy.test:3128", "NO_PROXY=data-provider"];
    for (const release of ["r1", "r2"]) (host.container(release, "api").environment as string[]).push(...proxy);
    const { engine } = host;
    const create = engine.create.bind(engine);
    const made = new Map<string | undefined, readonly string[]>();
    engine.create = (order) => {
      made.set(order.labels?.[label.service], order.environment ?? []);
      return create(order);
    };
    await go(host, "tier2");
    const same = ["http_proxy=http://proxy.test:3128", "https_proxy=http://proxy.test:3128"];
    expect(made.get("preflight")).toEqual(expect.arrayContaining([...same, "no_proxy=data-provider"]));
    // Files are asked for by the data-provider's own name, since another release may have that of all.
    expect(made.get("files")).toEqual([...same, "no_proxy=data-provider,scani-r1-data-provider"]);
  },
);

test("a container has no proxy where the api has none, and every host without it stays so", () => {
  expect(proxyVariables(["NO_PROXY=a", "HTTPS_PROXY="], ["b"])).toEqual([]);
  expect(proxyVariables(["https_proxy=p", "NO_PROXY=*"], ["b"])).toEqual(["https_proxy=p", "no_proxy=*"]);
  expect(proxyVariables(["https_proxy=p"])).toEqual(["https_proxy=p"]);
});

test.concurrent("papers on record for one way stay on it while files go another", async () => {
  const host = await served("tier1");
  const { files } = host.engine.find("scani-gateway") as FakeContainer;
  const path = `${gatewayStatePath}/scani-carried.json`;
  const other = {
    from: "https://home.test own-bucket",
    to: "https://another",
    at: "",
    keys: [],
    papers: ["documents/1"],
  };
  // An earlier version wrote one way alone, without papers.
  const old = { from: "a", to: "b", at: new Date().toISOString(), keys: ["documents/2"] };
  files.set(path, JSON.stringify(old));
  await go(host, "tier2");
  expect(JSON.parse(files.get(path) ?? "")).toEqual([old]);
  files.set(path, JSON.stringify([other]));
  await go(host, "tier1");
  expect(JSON.parse(files.get(path) ?? "")).toEqual([other]);
});

test.concurrent("a new store that takes nothing is refused before the flip, with its cause", async () => {
  const host = await served("tier1");
  const running = host.running();
  host.away.misbehave = (call) => (call === "PUT" ? 507 : undefined);
  await expect(go(host, "tier2")).rejects.toThrow(/The files cannot be carried: the bucket of .* refuses it \(507\)/);
  expect(host.running()).toEqual(running);
});

test.concurrent("an interrupt is not waited with while a store asks to be left alone for a minute", async () => {
  const host = await served("tier1");
  const interrupt = new AbortController();
  host.away.misbehave = (call) => {
    if (call !== "PUT") return undefined;
    setImmediate(() => interrupt.abort());
    return { status: 503, retryAfter: 60 };
  };
  const run = perform(host.engine, host.order("tier2", releaseOf.tier2), () => undefined, interrupt.signal, 200);
  await expect(run).rejects.toMatchObject({ why: { message: "Interrupted" } });
  expect(host.running()).toContain("scani-r1-worker");
});

test.concurrent(
  "files that base's own bucket has no room for are refused before the first, in the preview too",
  async () => {
    const host = await served("tier2");
    host.away.objects.set("documents/u/1.pdf", "x".repeat(3 * 1024 * 1024));
    host.bundle(109);
    const running = host.running();
    const refused =
      /has 109 MiB free; 110 are required to carry the files into base's own bucket: 10 for them, and 100/;
    expect((await previewed(host, "tier1", undefined)).files).toMatchObject({
      unknown: expect.stringMatching(refused),
    });
    await expect(go(host, "tier1")).rejects.toThrow(refused);
    expect([host.running(), host.home.puts]).toEqual([running, []]);
    expect((await go(host, "tier1", { carryFiles: "no" })).at(-1)).toContain(
      "3 files left at https://hosted.example.org",
    );

    host.serve("r2");
    host.bundle(110);
    expect((await previewed(host, "tier1", undefined)).files).toMatchObject({ count: { files: 3 } });
    expect((await go(host, "tier1")).at(-1)).toContain("3 files (3.0 MiB) carried");
  },
);

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

test.concurrent("files that take too long to come back are named and stay, and no container is left", async () => {
  const host = await served("tier1");
  const { install } = host.order("tier2", releaseOf.tier2);
  const api = host.container("r1", "api") as unknown as ReleaseContainer;
  const named = async (): Promise<NamedFile[]> => [
    { key: "documents/u/7.pdf", by: "row" },
    { key: "documents/u/8.pdf", by: "row" },
  ];
  const carriage = new Carriage(host.engine, {
    install,
    api,
    from: { place: host.home.place },
    to: { place: host.away.place },
    named,
  });
  carriage.tally.found("documents/u/8.pdf", "there");
  host.away.misbehave = (call) => (call === "GET" ? { status: 503, retryAfter: 60 } : undefined);
  const lines: string[] = [];
  const before = host.running();
  await bringBack(carriage, { progress: new Progress((line) => lines.push(line)) }, host.engine, 0.2);
  expect(lines).toEqual([
    expect.stringContaining("files could not all be carried back in 0.2 s"),
    expect.stringContaining("not carried: documents/u/7.pdf: there was no time to carry it back"),
  ]);
  expect(host.running()).toEqual(before);
});

/** Brings the other tier up again after a run with a fault. @returns what is wrong with the files, by the tier before */
const goAgain = Object.fromEntries(
  ways.map(([from, to]) => [
    from,
    oncePerState(async (host) => {
      const [old, now] = from === "tier1" ? [host.home, host.away] : [host.away, host.home];
      const whole = [...old.objects].filter(([key, content]) => now.objects.get(key) === content).length;
      const puts = now.puts.length;
      await go(host, to);
      const lacking = [...old.objects.keys()].filter((key) => now.objects.get(key) !== old.objects.get(key));
      const left = [...now.objects.keys()].filter((key) => key.startsWith("temp/carry/"));
      const again = now.puts.length - puts - (3 - whole);
      return [
        ...lacking.map((key) => `${key} is missing`),
        ...left.map((key) => `${key} is left over`),
        ...(again > 0 ? [`${again} sent twice`] : []),
      ];
    }),
  ]),
) as Record<Tier, (host: FakeInstall) => Promise<string[]>>;

test.concurrent.each<[FaultKind, Tier, Tier]>(
  (["throw", "lose", "die"] as const).flatMap((kind) =>
    ways.map(([from, to]): [FaultKind, Tier, Tier] => [kind, from, to]),
  ),
)(
  "a call that goes wrong (%s) from %s to %s: the same again ends with every file there, none sent twice",
  async (kind, from, to) => {
    const run = async (at: number): Promise<string[] | undefined> => {
      const host = await served(from);
      host.engine.plan({ kind, at });
      await go(host, to).catch(() => undefined);
      const call = host.engine.faulted;
      host.engine.plan();
      if (call === undefined) return undefined;
      return (await goAgain[from](host)).map((wrong) => `${at} ${call}: ${wrong}`);
    };
    const wrong = await atEveryCall(run);
    expect(wrong.length).toBeGreaterThan(60);
    expect(wrong.flat()).toEqual([]);
  },
);
