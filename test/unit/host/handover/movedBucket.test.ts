import { routes } from "../../../../host/gateway/routes";
import { perform } from "../../../../host/handover/perform";
import { renderPreview } from "../../../../host/handover/preview/renderPreview";
import { readJournal } from "../../../../host/install/journal";
import { servicesOf, type Service } from "../../../../host/install/services/release";
import type { FakeInstall } from "../fakeInstall";
import { go, previewed, releaseOf, served } from "./filesInstall";

/** A bucket of tier 1 that changes with the next release. */

const moved = "tier 1's data-provider on https://moved.test/own-bucket";

/** Brings up the release of tier 1 that keeps its files in the other bucket. @returns the reported lines */
async function up(host: FakeInstall, changes = {}): Promise<string[]> {
  const lines: string[] = [];
  const order = host.order("tier1", "r3", { carryFiles: undefined, ...changes });
  await perform(host.engine, order, (line) => lines.push(line), new AbortController().signal, 200).catch(
    (error: { why?: unknown }) => {
      throw error.why ?? error;
    },
  );
  return lines;
}

function declareMoved(host: FakeInstall): void {
  host.declare("tier1", "r3");
  host.move("r3");
}

/** Removes containers as an operator or `down` does. */
function remove(host: FakeInstall, release: string, services: readonly Service[]): void {
  for (const service of services) host.engine.all.splice(host.engine.all.indexOf(host.container(release, service)), 1);
}

test.concurrent(
  "the files go along with the next release of tier 1, and none is taken from the old bucket",
  async () => {
    const host = await served("tier1");
    declareMoved(host);
    const before = new Map(host.home.objects);
    expect((await up(host)).at(-1)).toMatch(/serves; .*; 3 files \(\d+ bytes\) carried$/);
    expect([host.moved.objects, host.home.objects]).toEqual([before, before]);
    expect((await readJournal(host.engine, "scani-gateway")).at(-1)?.filesAt).toBe("https://moved.test own-bucket");
  },
);

test.concurrent("what tier 2 has comes home to the other bucket", async () => {
  const host = await served("tier2");
  declareMoved(host);
  expect((await up(host)).at(-1)).toContain("3 files (94 bytes) carried");
  expect(host.moved.objects).toEqual(host.away.objects);
});

test.concurrent("a tier 1 that has lost its data-provider is read with the keys its own worker has", async () => {
  const host = await served("tier1");
  declareMoved(host);
  remove(host, "r1", ["data-provider"]);
  expect((await up(host)).at(-1)).toContain("3 files (94 bytes) carried");
  expect(host.moved.objects).toEqual(host.home.objects);
});

test.concurrent("one that was taken down before: its files are not left behind without a word", async () => {
  const host = await served("tier2");
  await go(host, "tier1");
  remove(host, "r1", servicesOf("tier1"));
  remove(host, "r2", servicesOf("tier2"));
  for (const route of routes) host.route(route, undefined);
  declareMoved(host);
  const said =
    /tier1 served last, with its files in the bucket own-bucket at https:\/\/home\.test, and none .*name 4 files\. Nothing has been switched\.\n[^]*config set --stack base S3_ENDPOINT https:\/\/home\.test\n.*S3_BUCKET own-bucket\n.*up.* base\n.*up.* tier1\n.*carryFiles no$/;
  await expect(up(host)).rejects.toThrow(said);
  expect(renderPreview(await previewed(host, "tier1", undefined, "r3"))).toMatch(
    /tier1 served last, with its files in the bucket own-bucket at https:\/\/home\.test/,
  );
  expect((await up(host, { carryFiles: "no" })).at(-1)).toMatch(
    /at most 4 files left at https:\/\/home\.test own-bucket/,
  );
});

test.concurrent("one that was taken down and comes back to its bucket has nothing to carry", async () => {
  const host = await served("tier2");
  await go(host, "tier1");
  remove(host, "r1", servicesOf("tier1"));
  remove(host, "r2", servicesOf("tier2"));
  for (const route of routes) host.route(route, undefined);
  host.declare("tier1", releaseOf.tier1);
  expect((await go(host, "tier1", { carryFiles: undefined })).at(-1)).not.toContain("file");
});

test.concurrent("a preview says how many go where", async () => {
  const host = await served("tier1");
  declareMoved(host);
  expect((await previewed(host, "tier1", undefined, "r3")).files).toMatchObject({
    count: { files: 3 },
    place: moved,
    permission: "yes",
  });
});
