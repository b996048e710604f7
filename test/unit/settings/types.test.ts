import { inspect } from "node:util";
import { resolveSettings, Secret, type Settings, type Tier } from "../../../settings";

/** Types of settings: `@ts-expect-error` fails the build if the next line compiles. */

function settingsOf<K extends "base" | "tier1" | "tier2">(tier: K, given: Record<string, string> = {}): Settings<K> {
  const values: Record<string, string> = { tier, ...given };
  return resolveSettings({ config: (name) => values[name], environment: {}, dotenv: {} }, "s") as Settings<K>;
}

const issued = { SCANI_CLOUD_URL: "https://data.example.org", SCANI_CLOUD_API_KEY: "issued-key-0123456789" };

test("each setting has the type its check converts to", () => {
  const { keepWarm, readyTimeout, LOG_LEVEL, SENTRY_DSN, baseStack } = settingsOf("tier1");
  const typed: [boolean, number, "trace" | "debug" | "info" | "warn" | "error" | "fatal"] = [
    keepWarm,
    readyTimeout,
    LOG_LEVEL,
  ];
  const optional: [Secret | undefined, string | undefined] = [SENTRY_DSN, baseStack];
  expect([...typed, ...optional]).toEqual([false, 120, "info", undefined, undefined]);
  // @ts-expect-error nobody may have given it
  const certain: Secret = SENTRY_DSN;
  expect(certain).toBeUndefined();
});

test("a name that is misspelt, or that this kind of stack does not read, does not compile", () => {
  const [base, tier1] = [settingsOf("base"), settingsOf("tier1")];
  // @ts-expect-error misspelt
  expect(tier1.keepwarm).toBeUndefined();
  // @ts-expect-error read by tiers alone
  expect(base.readyTimeout).toBeUndefined();
  // @ts-expect-error read by tier 2 alone
  expect(tier1.SCANI_CLOUD_URL).toBeUndefined();
  // @ts-expect-error misspelt
  expect(base.origin("FRONTEND_PROT")).toBeUndefined();
});

test("the tier tells what there is: tier 2 has the issued pair for certain", () => {
  const cloudOf = (settings: Settings<Tier>): [string, string] =>
    settings.tier === "tier2" ? [settings.SCANI_CLOUD_URL, settings.SCANI_CLOUD_API_KEY.reveal()] : ["", ""];
  expect(cloudOf(settingsOf("tier2", issued))).toEqual(Object.values(issued));
});

test("a secret cannot be printed by mistake, and does not pass for a text", () => {
  const settings = settingsOf("tier2", issued);
  const key = settings.SCANI_CLOUD_API_KEY;
  // @ts-expect-error a secret is revealed where it is handed over, and nowhere else
  const text: string = key;
  const printed = [String(text), `${key}`, JSON.stringify(settings), inspect(settings, { depth: 9 }), key + ""];
  expect(printed.join("\n")).not.toContain(issued.SCANI_CLOUD_API_KEY);
  expect(printed.join("\n").match(/\(secret\)/g)).toHaveLength(5);
  expect(key.reveal()).toBe(issued.SCANI_CLOUD_API_KEY);
});
