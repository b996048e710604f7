import { randomUUID } from "node:crypto";
import { label } from "../../../host/install/names/labels";
import { FakeInstall, journalPath } from "./fakeInstall";
import { oncePerState, stateOf } from "./oncePerState";

function served(): FakeInstall {
  const host = new FakeInstall();
  host.declare("tier1", "r1");
  host.declare("tier2", "r2");
  host.serve("r1");
  return host;
}

const record = (why: string, outcome = "failed"): string =>
  JSON.stringify([
    { at: new Date().toISOString(), outcome, why, totalMs: Math.round(performance.now()), timings: { flip: 1 } },
  ]);

const write = (host: FakeInstall, text: string) => host.engine.find("scani-gateway")?.files.set(journalPath, text);

test.each<[string, (host: FakeInstall) => unknown]>([
  ["a container's state", (host) => (host.container("r2", "api").state = "running")],
  ["a way it ends", (host) => (host.container("r2", "worker").endsWith = 1)],
  ["a restart policy", (host) => (host.container("r1", "worker").restartPolicy = "no")],
  ["a container left over", (host) => host.engine.add({ name: "unnamed-1", labels: { [label.install]: "scani" } })],
  ["a route", (host) => host.route("api", "r2")],
  ["a pause", (host) => host.pause("api")],
  ["a lost name", (host) => host.nameless.add("scani-r1-api")],
  ["a migration", (host) => host.applied.push("0002_second")],
  ["a file", (host) => host.away.objects.set("documents/1.pdf", "x")],
  ["a record", (host) => write(host, record("fault at stop scani-r1-api "))],
  ["a line logged", (host) => host.engine.say(host.container("r2", "worker"), "Worker listening for jobs")],
])("%s makes another state", (_what, change) => {
  const host = served();
  change(host);
  expect(stateOf(host) === stateOf(served())).toBe(false);
});

test("a record of the same failure at another time and call makes none, and one of a success does", () => {
  const [one, other, good] = [served(), served(), served()];
  write(one, record("fault at stop scani-r1-api "));
  write(other, record("lost the answer to exec scani-gateway curl "));
  write(good, record("fault at stop scani-r1-api ", "switched"));
  expect(stateOf(one) === stateOf(other)).toBe(true);
  expect(stateOf(one) === stateOf(good)).toBe(false);
});

test("UUIDs make none, and which of them is where does", () => {
  const [one, other, crossed] = [served(), served(), served()];
  for (const [host, puts] of [
    [one, [0, 1]],
    [other, [0, 1]],
    [crossed, [1, 0]],
  ] as const) {
    const keys = [randomUUID(), randomUUID()];
    for (const key of keys) host.away.objects.set(key, "x");
    host.away.puts.push(...puts.map((index) => keys[index]));
  }
  expect(stateOf(one) === stateOf(other)).toBe(true);
  expect(stateOf(one) === stateOf(crossed)).toBe(false);
});

test("an attempt is made once from each state, and its result is every such install's", async () => {
  const tried: FakeInstall[] = [];
  const attempt = oncePerState(async (host) => tried.push(host));
  const [one, other, same] = [served(), served(), served()];
  other.pause("ws");
  expect([await attempt(one), await attempt(other), await attempt(same)]).toEqual([1, 2, 1]);
  expect(tried).toEqual([one, other]);
});
