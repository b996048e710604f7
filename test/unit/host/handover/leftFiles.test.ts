import { routes } from "../../../../host/gateway/routes";
import { perform } from "../../../../host/handover/perform";
import { renderPreview } from "../../../../host/handover/preview/renderPreview";
import { readJournal, record, type Entry } from "../../../../host/install/journal";
import { label } from "../../../../host/install/names/labels";
import { servicesOf, type Service } from "../../../../host/install/services/release";
import type { Tier } from "../../../../settings";
import type { FakeContainer } from "../fakeEngine";
import { journalPath, type FakeInstall } from "../fakeInstall";
import { go, previewed, releaseOf, served } from "./filesInstall";

/** Files that stay where they are, are hard to find, or arrive at an unusual moment. */

/** Address of tier 2's data-provider. */
const hosted = "https://hosted.example.org";

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

test.concurrent(
  "no says before and after that waiting jobs lose their files, and nothing where none waits",
  async () => {
    const host = await served("tier1");
    const said = /waiting jobs need 1 of them, do not find it and fail; not where they end before the switch/;
    expect(renderPreview(await previewed(host, "tier2", "no"))).toMatch(said);
    const lines = await go(host, "tier2", { carryFiles: "no" });
    const flip = lines.findIndex((line) => line.includes("flip the gateway"));
    expect(lines.slice(0, flip).join("\n")).toMatch(said);
    expect(lines.at(-1)).toMatch(/3 files left at .* \(carryFiles is not yes\), waiting jobs needed 1 of them$/);

    const idle = await served("tier1");
    idle.named = idle.named.filter(([, by]) => by === "row");
    const preview = renderPreview(await previewed(idle, "tier2", "no"));
    const all = [preview, ...(await go(idle, "tier2", { carryFiles: "no" }))].join("\n");
    expect(all).toContain("2 files left");
    expect(all).not.toContain("waiting jobs");
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
    /^tier1 serves; .*; at most 4 files left at https:.* \(carryFiles is not yes\), waiting jobs needed 1 of them$/,
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
  expect(lines).toContainEqual(expect.stringMatching(/up goes on without them: The files cannot be carried: .*key/));
  expect(lines.at(-1)).toMatch(/^tier1 serves; .*could not be carried/);
  expect(host.running()).toContain("scani-r1-worker");
});

/** Lets a user upload a file to the new bucket at the first matching call. */
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

test.concurrent.each<["yes" | undefined]>([["yes"], [undefined]])(
  "on the way back the old worker waits for the candidate's last requests and their files (carryFiles %s)",
  async (carryFiles) => {
    const host = await served("tier1");
    host.named = carryFiles === undefined ? [] : host.named.filter(([, by]) => by !== "finished job");
    Object.assign(host.container("r2", "worker"), { atStart: [] });
    const { engine } = host;
    const exec = engine.exec.bind(engine);
    let pointedBack = false;
    const lookedUp = new Promise<void>((resolve) => {
      host.first = (_container, _command, { input }) => {
        if (pointedBack && input?.includes("documents") === true) resolve();
        return undefined;
      };
    });
    engine.exec = async (container, command, onLine) => {
      const result = await exec(container, command, onLine);
      if (!command.join(" ").includes("kamal-proxy deploy") || host.routes.api !== "scani-r1-api") return result;
      pointedBack = true;
      await lookedUp;
      host.away.objects.set("temp/file-import/u/9.csv", "nine");
      host.named.push(["temp/file-import/u/9.csv", "job"]);
      return result;
    };
    const there: (string | undefined)[] = [];
    engine.watch = (call) => {
      if (call === "start scani-r1-worker") there.push(host.home.objects.get("temp/file-import/u/9.csv"));
    };
    await expect(go(host, "tier2", { carryFiles, readyTimeout: 1 })).rejects.toThrow();
    expect(there).toEqual(["nine"]);
  },
);

/** Removes containers as an operator or another tool does. */
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

/** Records a switch to a tier in the journal. */
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

test.concurrent(
  "a record that cannot be read is no reason to leave files behind: only where it decides is up refused",
  async () => {
    const host = await served("tier2");
    const { files } = host.engine.find("scani-gateway") as FakeContainer;
    files.set(journalPath, "[{");
    remove(host, "r2", ...servicesOf("tier2"));
    await expect(go(host, "tier1", { carryFiles: undefined })).rejects.toThrow(
      /record of handovers cannot be read: tier2 may have served last, and none of its containers is left/,
    );

    const whole = await served("tier2");
    (whole.engine.find("scani-gateway") as FakeContainer).files.set(journalPath, "[{");
    expect((await go(whole, "tier1", { carryFiles: undefined })).at(-1)).toContain("3 files (94 bytes) carried");
  },
);

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

/**
 * Creates an install without files and without `carryFiles`, to which a user uploads the first file at a matching call.
 */
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
    expect(renderPreview(await previewed(early, "tier2", undefined))).toContain(
      "look whether files have come for https://hosted.example.org, since carryFiles is not set",
    );
    await expect(go(early, "tier2", { carryFiles: undefined })).rejects.toThrow(
      /carryFiles is not set, and there are 1 file/,
    );
    expect([early.routes.api, early.away.puts]).toEqual(["scani-r1-api", []]);

    const late = await firstPaperAt((call) => call.includes("kamal-proxy deploy"));
    expect((await go(late, "tier2", { carryFiles: undefined })).at(-1)).toMatch(
      /^tier2 serves; .*1 file left at tier 1's data-provider on https:\/\/home\.test\/own-bucket \(carryFiles is not yes\)$/,
    );
    expect(late.away.puts).toEqual([]);
  },
);
