import { clearTier } from "../../../provider/clearTier";
import { FakeInstall } from "../host/fakeInstall";

const place = { name: "scani", gateway: "scani-gateway" };
let install: FakeInstall;
const lines: string[] = [];
const context = { stack: "tier2", say: (line: string) => void lines.push(line) };

/**
 * Creates an install on which tier 1 serves; another tool has recreated the api of the warm tier 2, and somebody has
 * copied it.
 */
beforeEach(() => {
  lines.length = 0;
  install = new FakeInstall();
  install.declare("tier1", "one");
  install.serve("one");
  install.declare("tier2", "two");
  install.container("two", "api").state = "running";
  const { labels } = install.container("two", "api");
  install.nameAsPulumi("one");
  install.nameAsPulumi("two");
  install.engine.add({ name: "scani-tier2-api-9f8e7d6", state: "running", labels });
  install.engine.add({ name: "my-copy", labels });
});

const names = () => install.engine.all.map(({ name }) => name);

test("what another tool has made anew of a tier is removed with it, and nothing else", async () => {
  const before = names();
  const { containers } = idsOf("tier2");
  await clearTier(install.engine, place, { tier: "tier2", containers }, context, false);
  expect(before.filter((name) => !names().includes(name))).toEqual(["scani-tier2-api-9f8e7d6"]);
  expect(install.engine.calls.slice(-2)).toEqual(["stop scani-tier2-api-9f8e7d6", "remove scani-tier2-api-9f8e7d6"]);
});

test.each(["files", "preflight", "backup"])(
  "a helper of a killed command (%s) keeps no network of its own",
  async (service) => {
    install.engine.add({
      name: "left",
      state: "running",
      labels: { "scani.install": "scani", "scani.service": service },
    });
    await clearTier(install.engine, place, { tier: "tier2", ...idsOf("tier2") }, context, false);
    expect(names()).not.toContain("left");
  },
);

test("of a tier that serves nothing is touched", async () => {
  const before = names();
  await expect(clearTier(install.engine, place, { tier: "tier1", containers: {} }, context, false)).rejects.toThrow(
    "tier1 serves",
  );
  expect(names()).toEqual(before);
});

test("what the engine does not remove is said with what to type, and keeps no tier from being taken down", async () => {
  Object.assign(install.engine.find("scani-tier2-api-9f8e7d6") as object, { isBusy: true });
  await clearTier(install.engine, place, { tier: "tier2", ...idsOf("tier2") }, context, false);
  expect(lines).toEqual([
    expect.stringMatching(
      /^scani-tier2-api-9f8e7d6 is left as it is: The engine has begun to remove.*device or resource busy\.\n[^]*type: docker rm -f scani-tier2-api-9f8e7d6$/,
    ),
  ]);
});

/** Returns the ids of Pulumi's containers of a tier, by service. */
function idsOf(tier: string): { readonly containers: Record<string, string> } {
  const own = install.engine.all.filter(({ name }) => name.startsWith(`scani-${tier}-`) && name.endsWith("-0a1b2c3"));
  return { containers: Object.fromEntries(own.map(({ id, labels }) => [labels["scani.service"] ?? "", id])) };
}
