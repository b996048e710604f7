import type { HandoverFailed } from "../../../../host/handover/failed";
import { perform } from "../../../../host/handover/perform";
import { routes } from "../../../../host/gateway/routes";
import type { Tier } from "../../../../settings";
import { FakeInstall } from "../fakeInstall";

/** Creates an install on which one tier serves and the other is declared. */
async function served(from: Tier): Promise<FakeInstall> {
  const host = new FakeInstall();
  host.declare("tier1", "r1");
  host.declare("tier2", "r2");
  host.serve(from === "tier1" ? "r1" : "r2");
  await host.backedUp();
  return host;
}

const go = (host: FakeInstall, to: Tier, lines: string[] = []) =>
  perform(
    host.engine,
    host.order(to, to === "tier1" ? "r1" : "r2"),
    (line) => lines.push(line),
    new AbortController().signal,
    200,
  );

/** Expects that a switch to tier 2 is refused before the flip, and that tier 1 serves on, untouched. */
async function expectRefused(host: FakeInstall, why: RegExp): Promise<void> {
  const thrown = (await go(host, "tier2").catch((error: unknown) => error)) as HandoverFailed;
  expect(thrown).toMatchObject({ aftermath: "untouched", why: { message: expect.stringMatching(why) as string } });
  expect(host.engine.calls.filter((call) => call.includes("kamal-proxy deploy"))).toEqual([]);
  expect(new Set(routes.map((route) => host.routes[route]?.split("-")[1]))).toEqual(new Set(["r1"]));
  expect(host.container("r2", "api").state).toBe("exited");
}

/** Answers what api of a release says of its own health. */
const deepHealth = (host: FakeInstall, of: (container: string) => object): void => {
  host.first = ({ name }, command) =>
    command.join(" ").includes("/health/deep") ? { output: JSON.stringify(of(name)) } : undefined;
};

test.each([
  ["writeObject", /does not store a file: /],
  ["copyObject", /does not copy a file: /],
  ["readTempBlob", /does not read a file: /],
  ["deleteTempBlob", /does not remove a file: /],
])("a hosted endpoint that fails at %s is not switched to", async (call, why) => {
  const host = await served("tier1");
  host.away.misbehave = (made) => (made === call ? 500 : undefined);
  await expectRefused(host, why);
});

test("a data-provider of tier 1 that stores no file is not rolled back to", async () => {
  const host = await served("tier2");
  host.home.misbehave = (made) => (made === "writeObject" ? 500 : undefined);
  await expect(go(host, "tier1")).rejects.toMatchObject({
    aftermath: "untouched",
    why: { message: expect.stringContaining("does not store a file") as string },
  });
});

test("an api whose own health says that its storage fails is not switched to", async () => {
  const host = await served("tier1");
  deepHealth(host, () => ({ checks: { r2: { ok: false, error: "no bucket" }, ai: { ok: false } } }));
  await expectRefused(host, /^tier2 api: the storage of its data-provider: no bucket$/);
});

describe("where tokens cannot be searched", () => {
  const failing = (host: FakeInstall): void => {
    host.first = (_container, command) =>
      command.join(" ").includes("tokens.search")
        ? { output: `500 0.001 0.002 \nexit 0\n${JSON.stringify({ error: { message: "broken" } })}` }
        : undefined;
  };

  test("tier 2 is not switched to", async () => {
    const host = await served("tier1");
    failing(host);
    await expectRefused(host, /^Tokens cannot be searched: /);
  });

  test("tier 1 is, since its data-provider asks others, and it is said", async () => {
    const host = await served("tier2");
    failing(host);
    const lines: string[] = [];
    expect(await go(host, "tier1", lines)).toMatchObject({ outcome: "switched" });
    expect(lines.join("\n")).toContain("tokens cannot be searched: ");
  });
});

test("a provider's key that only the release that serves has is named, with what to type", async () => {
  const host = await served("tier1");
  const degraded = [{ provider: "finnhub", envVar: "FINNHUB_API_KEY" }];
  deepHealth(host, (name) => ({
    checks: { r2: { ok: true } },
    providerCredentials: { degraded: name.includes("r2") ? degraded : [] },
  }));
  const lines: string[] = [];
  expect(await go(host, "tier2", lines)).toMatchObject({ outcome: "switched" });
  expect(lines.join("\n")).toMatch(/finnhub has a key in the release that serves.*--secret FINNHUB_API_KEY/);
});
