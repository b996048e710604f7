import { once } from "node:events";
import { join } from "node:path";
import { testPlugins } from "../../../../lab/setup";
import { PluginClient } from "../../../../lab/plugins/client";
import type { Values } from "../../../../lab/plugins/protocol/values";

/** The whole plugin: launcher, protocol, resource. It needs no Docker. */

const type = "random:index/randomBytes:RandomBytes";
const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
let plugin: PluginClient;

beforeAll(async () => {
  plugin = await PluginClient.start(join(testPlugins, "pulumi-resource-random"));
});
afterAll(() => plugin?.close());

const valueOf = (output: unknown): string => String((output as Values).value);

test("it reports once that it is not the official plugin", () => {
  expect(plugin.logged).toEqual(["test plugin in use: random (not the official one)"]);
});

test("it makes as many random bytes as asked for, in two forms, both secret", async () => {
  const { outputs } = await plugin.create(type, "key", { length: 32 });
  expect(outputs).toEqual({
    length: 32,
    hex: { ...secret, value: expect.stringMatching(/^[0-9a-f]{64}$/) },
    base64: { ...secret, value: expect.any(String) },
  });
  expect(Buffer.from(valueOf(outputs.base64), "base64").toString("hex")).toBe(valueOf(outputs.hex));
  const other = await plugin.create(type, "key", { length: 32 });
  expect(valueOf(other.outputs.hex)).not.toBe(valueOf(outputs.hex));
});

test("a preview makes none", async () => {
  expect(await plugin.create(type, "key", { length: 32 }, true)).toEqual({ id: "", outputs: { length: 32 } });
});

test("reading gives back the state; only another length makes others", async () => {
  const { id } = await plugin.create(type, "key", { length: 4 });
  const state = { inputs: { length: 4 }, outputs: { length: 4, hex: "00ff00ff", base64: "AP8A/w==" } };
  expect(await plugin.read(type, "key", id, state)).toEqual({ id, ...state });
  expect(await plugin.diff(type, "key", id, state, { length: 4 })).toEqual({
    changes: false,
    diffs: [],
    replaces: [],
    deleteBeforeReplace: false,
  });
  expect(await plugin.diff(type, "key", id, state, { length: 5 })).toEqual({
    changes: true,
    diffs: ["length"],
    replaces: ["length"],
    deleteBeforeReplace: false,
  });
  await plugin.delete(type, "key", id, state.outputs);
});

test("a property it does not cover is refused by name", async () => {
  expect((await plugin.check(type, "key", {}, { length: 4, keepers: { a: "1" } })).failures).toEqual([
    expect.stringContaining("keepers is not covered"),
  ]);
});

test("a type it does not cover is refused by name", async () => {
  await expect(plugin.check("random:index/randomPet:RandomPet", "pet", {}, {})).rejects.toThrow(
    "covers random:index/randomBytes:RandomBytes; not random:index/randomPet:RandomPet",
  );
});

test("it does not outlive its engine", async () => {
  const orphan = await PluginClient.start(join(testPlugins, "pulumi-resource-random"));
  const ended = once(orphan.process, "exit");
  // Close its input, as the kernel does when the engine is killed.
  orphan.process.stdin?.destroy();
  await expect(ended).resolves.toEqual([0, null]);
  await orphan.close();
});
