import { removeInstall, removeWhole, throwawayLabels } from "../../../../lab/throwaway";
import { remnantsInWords } from "../../../../lab/throwaway/clean";
import { activeEndpoints, declared, engineWith, item, miscounted, type FakeItem } from "./engine";

const network = (connected: string[], hidden: string[]): Map<string, FakeItem> =>
  new Map([["net", item("network", "i", { connected, hidden })]]);

/** Returns everything an install has, with other labels on some. */
function install(labels: Readonly<Record<string, Readonly<Record<string, string>>>> = {}): Map<string, FakeItem> {
  const all = new Map([
    ["api", item("container", "i", { labels: { ...throwawayLabels("i", "api"), ...declared } })],
    ["edge", item("network", "i")],
    ["postgres-data", item("volume", "i")],
  ]);
  for (const [id, own] of Object.entries(labels))
    all.set(id, { ...(all.get(id) ?? item("container", "i")), labels: { "scani.install": "i", ...own } });
  return all;
}

test("containers, networks and volumes of a throwaway are removed", async () => {
  const items = install();
  expect(await removeInstall(engineWith(items), "i")).toEqual([]);
  expect([...items.keys()]).toEqual([]);
});

test.each([
  ["a container", { api: declared }, "container api (not labelled scani.throwaway)"],
  ["a network", { edge: {} }, "network edge (not labelled scani.throwaway)"],
  ["a volume", { "postgres-data": {} }, "volume postgres-data (not labelled scani.throwaway)"],
  ["a label that says no", { edge: { "scani.throwaway": "false" } }, "network edge (not labelled scani.throwaway)"],
])("an install with %s that is not a throwaway's is left whole", async (_what, labels, reason) => {
  const items = install(labels);
  expect(remnantsInWords(await removeInstall(engineWith(items), "i"))).toBe(reason);
  expect(items.size).toBe(3);
});

test("a real install is left whole, down to a container of a check", async () => {
  const items = install({ api: declared, edge: {}, "postgres-data": {}, probe: {} });
  expect(await removeInstall(engineWith(items), "i")).toHaveLength(4);
  expect(items.size).toBe(4);
});

test("a container that a killed check left is removed with the throwaway it is of, and not on its own", async () => {
  const items = install({ probe: {} });
  expect(await removeInstall(engineWith(items), "i")).toEqual([]);
  expect(items.size).toBe(0);
  const alone = new Map([["probe", item("container", "i", { labels: { "scani.install": "i" } })]]);
  expect(remnantsInWords(await removeInstall(engineWith(alone), "i"))).toBe(
    "container probe (not labelled scani.throwaway)",
  );
  expect(alone.size).toBe(1);
});

test("what an engine reports as connected, listed or named, is cut off, and the network goes", async () => {
  const items = network(["listed"], ["left-over"]);
  expect(await removeInstall(engineWith(items), "i")).toEqual([]);
  expect(items.size).toBe(0);
});

test("a network the engine keeps all the same is refused, with the engine's words", async () => {
  const items = network([], ["nobody knows it"]);
  await expect(removeWhole(engineWith(items), "i")).rejects.toThrow(
    `i cannot be removed whole: network net (${activeEndpoints.message})`,
  );
  expect(items.size).toBe(1);
});

test("a network whose endpoints the engine has miscounted is reported, and everything else is removed", async () => {
  const items = new Map([
    ["net", item("network", "i", { isMiscounted: true })],
    ["data", item("volume", "i")],
  ]);
  const lines: string[] = [];
  const whole = await removeWhole(engineWith(items), "i", (line: string) => lines.push(line));
  expect([whole, [...items.keys()]]).toEqual([false, ["net"]]);
  expect(lines).toEqual([`i cannot be removed whole: network net (${miscounted.message})`]);
});

test("another install's is not touched", async () => {
  const items = network([], []);
  expect(await removeInstall(engineWith(items), "another")).toEqual([]);
  expect(items.size).toBe(1);
});
