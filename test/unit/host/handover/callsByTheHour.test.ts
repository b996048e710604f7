import { gatewayStatePath } from "../../../../host/gateway/state";
import type { Tier } from "../../../../settings";
import type { FakeInstall } from "../fakeInstall";
import { go, previewed, served } from "./filesInstall";

/** A hosted endpoint that allows a key fewer calls an hour than there are files. */

const calls = 250;

/**
 * Creates an install with many files, whose hosted endpoint limits calls from now on. @returns the install, and a
 * function that begins another hour
 */
async function counted(from: Tier, files: number): Promise<{ host: FakeInstall; hour: () => void }> {
  const host = await served(from);
  const store = from === "tier1" ? host.home : host.away;
  for (let index = 0; index < files; index += 1) {
    host.named.push([`documents/u/many-${index}`, "row"]);
    store.objects.set(`documents/u/many-${index}`, `contents ${index}`);
  }
  let left = calls;
  host.away.fault = "quota_exceeded — retry in 1200s";
  host.away.misbehave = (call) =>
    ["GET", "PUT", "fetch"].includes(call) || ["writeObject", "readTempBlob"].includes(call) || left-- > 0
      ? undefined
      : 403;
  return { host, hour: () => (left = calls) };
}

/** Runs the same command every hour. @returns its last message each time */
async function hourly(host: FakeInstall, hour: () => void, to: Tier): Promise<string[]> {
  const said: string[] = [];
  for (let hours = 1; hours <= 9; hours += 1) {
    hour();
    const result = await go(host, to).then(
      (lines) => ({ last: lines.at(-1) ?? "", over: true }),
      (error: Error) => ({ last: error.message, over: false }),
    );
    said.push(result.last);
    if (result.over) break;
  }
  return said;
}

const keysOf = ({ objects }: { objects: Map<string, string> }) => [...objects.keys()].sort().join("\n");
const leftIn = (text: string) => Number(/ (\d[\d,]*) files are left/.exec(text)?.[1].replace(",", ""));

test("on the way to it the same command goes on each hour, says how many are left, and touches nothing meanwhile", async () => {
  const { host, hour } = await counted("tier1", 147);
  const said = await hourly(host, hour, "tier2");
  expect(said.at(-1)).toMatch(/^tier2 serves; /);
  expect(said.length).toBeGreaterThan(2);
  for (const text of said.slice(0, -1))
    expect(text).toMatch(
      /^The files cannot all be carried yet: .*no more calls for 20 minutes[^]*files are left; .*the same command goes on[^]*type: .*up.* tier2\n/,
    );
  const left = said.slice(0, -1).map(leftIn);
  expect(left).toEqual([...left].sort((a, b) => b - a));
  expect(new Set(left).size).toBe(left.length);
  expect(keysOf(host.away)).toEqual(keysOf(host.home));
});

test("papers that users delete while it is cut off are removed from it again, one refused by the next run", async () => {
  const { host, hour } = await counted("tier1", 147);
  await expect(go(host, "tier2")).rejects.toThrow(/cannot all be carried yet/);
  const papers = [...host.away.objects.keys()].filter((key) => key.startsWith("documents/u/many-"));
  const [first, second] = papers;
  const remove = (key: string) => {
    host.home.objects.delete(key);
    host.named = host.named.filter(([name]) => name !== key);
  };
  const limited = host.away.misbehave;
  remove(first);
  remove(second);
  host.away.misbehave = (call, key) => (call === "deleteTempBlob" && key === second ? 500 : limited(call, key));
  hour();
  await expect(go(host, "tier2")).rejects.toThrow(/cannot all be carried yet/);
  expect([host.away.objects.has(first), host.away.objects.has(second)]).toEqual([false, true]);
  host.away.misbehave = limited;
  await hourly(host, hour, "tier2");
  expect(keysOf(host.away)).toEqual(keysOf(host.home));

  // From now on a paper is deleted where it is, and the copy that stays is nobody's to remove.
  const last = papers[2];
  host.away.misbehave = () => undefined;
  await go(host, "tier1");
  remove(last);
  await go(host, "tier2");
  expect(host.away.objects.has(last)).toBe(true);
});

test("a paper the new place had as its own stays there, though its row is gone after a run that was cut off", async () => {
  const { host, hour } = await counted("tier1", 147);
  const [own, carried] = ["documents/u/1.pdf", "documents/u/2.pdf"];
  host.away.objects.set(own, host.home.objects.get(own) as string);
  await expect(go(host, "tier2")).rejects.toThrow(/cannot all be carried yet/);
  expect(host.away.objects.has(carried)).toBe(true);
  // The operator restores a backup from before either.
  host.named = host.named.filter(([key]) => key !== own && key !== carried);
  await hourly(host, hour, "tier2");
  expect([own, carried].map((key) => host.away.objects.has(key))).toEqual([true, false]);
});

test("papers whose rows go after the flip are the new place's to delete: late files are carried, and none removed", async () => {
  const host = await served("tier1");
  const paper = "documents/u/1.pdf";
  host.engine.watch = (call) => {
    if (call === "start scani-r2-worker") host.named = host.named.filter(([key]) => key !== paper);
  };
  await go(host, "tier2");
  expect(host.away.objects.has(paper)).toBe(true);
  expect(
    JSON.parse(host.engine.find("scani-gateway")?.files.get(`${gatewayStatePath}/scani-carried.json`) ?? "[]"),
  ).toEqual([]);
});

test("on the way home all is read, though it cannot be compared in one hour, and the disk is looked at before", async () => {
  const { host, hour } = await counted("tier2", 597);
  host.bundle(9_000);
  const said = await hourly(host, hour, "tier1");
  expect(said.at(-1)).toMatch(/^tier1 serves; /);
  expect(said).toHaveLength(3);
  expect(leftIn(said[0])).toBeGreaterThan(leftIn(said[1]));
  expect(keysOf(host.home)).toEqual(keysOf(host.away));
});

test("where carryFiles is not set the operator is asked, though not all could be counted", async () => {
  const { host } = await counted("tier1", 297);
  await expect(go(host, "tier2", { carryFiles: undefined })).rejects.toThrow(
    /carryFiles is not set, and there are at least \d+ files/,
  );
  expect((await previewed(host, "tier2", "yes")).files).toMatchObject({
    unknown: expect.stringMatching(/cannot all be carried yet: .*\n.*\d+ files are left/),
  });
});
