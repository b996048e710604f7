import type { BaseNow } from "../../../../host/guards/base/baseNow";
import type { DeclaredSetting } from "../../../../host/guards/base/baseRefusals";
import { handedChanges } from "../../../../host/guards/base/handedSettings";
import { changedSettings } from "../../../../host/guards/changedSettings";
import { tiersOf } from "../../../../host/guards/inUse";
import { commandsOf, renderProblem } from "../../../../util/operatorError";

const environment = {
  FRONTEND_URL: "https://scani.example.org",
  BACKEND_URL: "https://scani.example.org",
  COOKIE_DOMAIN: "example.org",
  BETTER_AUTH_SECRET: "AUTHSECRET",
  VAPID_PRIVATE_KEY: "VAPIDKEY",
  SMTP_URL: "smtps://u:MAILSECRET@mail.example.org",
};
const given = (value: string, origin: DeclaredSetting["origin"] = ".env"): DeclaredSetting => ({ value, origin });
/** Settings of base as brought up. */
const settings: Record<string, DeclaredSetting> = {
  FRONTEND_URL: given(environment.FRONTEND_URL),
  COOKIE_DOMAIN: given(environment.COOKIE_DOMAIN),
  BETTER_AUTH_SECRET: given(environment.BETTER_AUTH_SECRET),
  VAPID_PRIVATE_KEY: { value: environment.VAPID_PRIVATE_KEY, origin: "generated" },
  SMTP_URL: given(environment.SMTP_URL),
};

function running(changes: Readonly<Record<string, string>> = {}): BaseNow {
  const entries = Object.entries({ ...environment, ...changes }).map(([name, value]) => `${name}=${value}`);
  return {
    services: {},
    images: {},
    releases: [
      { tier: "tier1", environment: [] },
      { tier: "tier1", environment: entries },
    ],
  };
}

const compared = (changes: Record<string, DeclaredSetting>, now = running()) =>
  changedSettings(
    handedChanges({ stack: "base", settings: { ...settings, ...changes } }, now),
    "base",
    tiersOf(now.releases),
  );
const [shell, none] = ["the shell's environment", {}] as const;

test("settings as they were are neither refused nor said", () => {
  expect(compared({})).toEqual({ refused: [], said: [] });
});

test("nor is any where no release runs", () => {
  const other = { FRONTEND_URL: given("http://localhost:3000", shell), BETTER_AUTH_SECRET: none };
  expect(compared(other, { services: {}, releases: [], images: {} })).toEqual({ refused: [], said: [] });
});

test.each<[string, Record<string, DeclaredSetting>, string, string]>([
  [
    "an address of the page's in the shell",
    { FRONTEND_URL: given("http://localhost:3000", shell) },
    "FRONTEND_URL (from the shell's environment) is http://localhost:3000, and tier1 runs with https://scani.example.org: with the next switch nobody can sign in there any more.",
    "unset FRONTEND_URL",
  ],
  [
    "an address of the api's in the shell",
    { BACKEND_URL: given("http://localhost:3001", shell) },
    "BACKEND_URL (from the shell's environment) is http://localhost:3001, and tier1 runs with https://scani.example.org: with the next switch links in mails lead elsewhere.",
    "unset BACKEND_URL",
  ],
  [
    "a secret in the shell",
    { BETTER_AUTH_SECRET: given("OTHERSECRET", shell) },
    "BETTER_AUTH_SECRET (from the shell's environment) differs, and tier1 runs with another: with the next switch everybody is signed out.",
    "unset BETTER_AUTH_SECRET",
  ],
  [
    "a mail server in the shell",
    { SMTP_URL: given("smtp://u:OTHERSECRET@other.example.org", shell) },
    "SMTP_URL (from the shell's environment) differs, and tier1 runs with another: with the next switch mails leave another way.",
    "unset SMTP_URL",
  ],
  [
    "a secret whose line was lost",
    { BETTER_AUTH_SECRET: given("GENERATEDSECRET", "generated") },
    "BETTER_AUTH_SECRET is not given any more, and tier1 runs with another: with the next switch everybody is signed out.",
    "npm run pulumi -- config set --secret BETTER_AUTH_SECRET --stack base",
  ],
  [
    "an address whose line was lost",
    { FRONTEND_URL: none },
    "FRONTEND_URL is not given any more, and tier1 runs with https://scani.example.org: with the next switch nobody can sign in there any more.",
    "npm run pulumi -- config set --stack base FRONTEND_URL https://scani.example.org",
  ],
  [
    "a mail server whose line was lost",
    { SMTP_URL: none },
    "SMTP_URL is not given any more, and tier1 runs with another: with the next switch mails leave another way.",
    "npm run pulumi -- config set --secret SMTP_URL --stack base",
  ],
])("%s is refused, and shows no secret", (_what, changes, what, type) => {
  const { refused, said } = compared(changes);
  expect(said).toEqual([]);
  expect(refused).toEqual([
    { what, why: "If this is meant, set SCANI_TRUST_SETTINGS=true in the environment of this command.", type: [type] },
  ]);
  expect(refused.map(commandsOf)).toEqual([[type]]);
  for (const secret of ["SECRET", "VAPIDKEY"])
    expect(refused.map(renderProblem).join().replaceAll("BETTER_AUTH_SECRET", "")).not.toContain(secret);
});

test.each([".env", "Pulumi config"] as const)("what the operator wrote into %s is said", (origin) => {
  const { refused, said } = compared({
    FRONTEND_URL: given("https://new.example.org", origin),
    VAPID_PRIVATE_KEY: given("OTHERKEY", origin),
  });
  expect(refused).toEqual([]);
  expect(said.map(({ what }) => what)).toEqual([
    `FRONTEND_URL (from ${origin}) is https://new.example.org, and tier1 runs with https://scani.example.org: with the next switch nobody can sign in there any more.`,
    `VAPID_PRIVATE_KEY (from ${origin}) differs, and tier1 runs with another: with the next switch every subscription to notifications ends.`,
  ]);
});

test.each<[string, Record<string, DeclaredSetting>, Record<string, string>]>([
  ["the page's address base derives", { FRONTEND_URL: none }, { FRONTEND_URL: "http://localhost:8080" }],
  ["an api's address that follows from the page's", {}, { BACKEND_URL: "https://elsewhere.example.org" }],
  ["the mail catcher, which nobody gives", { SMTP_URL: none }, { SMTP_URL: "smtp://mailpit:1025" }],
])("%s is no change", (_what, changes, was) => {
  expect(compared(changes, running(was))).toEqual({ refused: [], said: [] });
});

test.each<[string, Record<string, string>, Record<string, DeclaredSetting>, string]>([
  [
    "a mail server in place of the catcher",
    { SMTP_URL: "smtp://mailpit:1025" },
    { SMTP_URL: given("smtp://x.example.org", shell) },
    "SMTP_URL (from the shell's environment) differs, and tier1 runs with another",
  ],
  [
    "Fastmail in place of a mail server",
    {},
    { SMTP_URL: none, FASTMAIL_API_TOKEN: given("fmu1-x", shell) },
    "FASTMAIL_API_TOKEN (from the shell's environment) is given, and tier1 runs without it",
  ],
  [
    "another sender",
    { SMTP_FROM: "scani@example.org" },
    { SMTP_FROM: given("me@example.org", shell) },
    "SMTP_FROM (from the shell's environment) is me@example.org, and tier1 runs with scani@example.org",
  ],
])("the shell's own %s is refused once, and taken from a file", (_what, was, changes, what) => {
  const [name, { value = "" }] = Object.entries(changes).at(-1) as [string, DeclaredSetting];
  const sender = { SMTP_FROM: given("scani@example.org") };
  const { refused, said } = compared({ ...sender, ...changes }, running(was));
  expect([said, refused.map((one) => one.what.split(":")[0])]).toEqual([[], [what]]);
  const written = compared({ ...sender, ...changes, [name]: given(value) }, running(was));
  expect([written.refused, written.said.length]).toEqual([[], 1]);
});

test("a tier that sends no mail itself notices no mail server", () => {
  const releases = [{ tier: "tier2", environment: ["COOKIE_DOMAIN=example.org"] }];
  const changes = { SMTP_URL: given("smtp://x.example.org", shell) };
  expect(compared(changes, { ...running(), releases })).toEqual({ refused: [], said: [] });
});

describe("a release that sends its mail over Fastmail", () => {
  const now: BaseNow = {
    services: {},
    images: {},
    releases: [{ tier: "tier1", environment: ["FASTMAIL_API_TOKEN=fmu1-WASSECRET"] }],
  };

  test.each<[string, DeclaredSetting, string, string]>([
    [
      "a token that is not given any more",
      none,
      "FASTMAIL_API_TOKEN is not given any more, and tier1 runs with another",
      "npm run pulumi -- config set --secret FASTMAIL_API_TOKEN --stack base",
    ],
    [
      "another token in the shell",
      given("fmu1-OTHERSECRET", shell),
      "FASTMAIL_API_TOKEN (from the shell's environment) differs, and tier1 runs with another",
      "unset FASTMAIL_API_TOKEN",
    ],
  ])("%s is refused, and shows no secret", (_name, token, what, type) => {
    const { refused, said } = compared({ SMTP_URL: none, FASTMAIL_API_TOKEN: token }, now);
    expect(said).toEqual([]);
    expect(refused.map((one) => one.what)).toEqual([`${what}: with the next switch mails leave another way.`]);
    expect(refused.map(commandsOf)).toEqual([[type]]);
    expect(refused.map(renderProblem).join()).not.toContain("SECRET");
  });

  test.each<[string, Record<string, DeclaredSetting>]>([
    ["the same token", { SMTP_URL: none, FASTMAIL_API_TOKEN: given("fmu1-WASSECRET", shell) }],
  ])("%s is no change", (_name, changes) => expect(compared(changes, now)).toEqual({ refused: [], said: [] }));

  test("a mail server in the shell that takes its place is refused", () => {
    const { refused, said } = compared({ SMTP_URL: given("smtp://x.example.org", shell) }, now);
    expect([said, refused.map((one) => one.what)]).toEqual([
      [],
      [
        "SMTP_URL (from the shell's environment) is given, and tier1 runs without it: with the next switch mails leave another way.",
      ],
    ]);
  });
});

describe("files in a bucket of somebody else's", () => {
  const there = { S3_ENDPOINT: "https://s3.example.org", S3_BUCKET: "papers" };
  const declared = (changes: Record<string, DeclaredSetting> = {}) => ({
    S3_ENDPOINT: given("https://s3.example.org/"),
    S3_BUCKET: given("papers"),
    ...changes,
  });
  const [elsewhere, otherBucket] = [given("https://new.example.org"), given("statements", "Pulumi config")];

  test("the same bucket, at an address with a slash, is no change", () =>
    expect(compared(declared(), running(there))).toEqual({ refused: [], said: [] }));

  test("another one that the operator wrote down is said: the next up of tier 1 carries the files", () => {
    const { refused, said } = compared(declared({ S3_ENDPOINT: elsewhere, S3_BUCKET: otherBucket }), running(there));
    expect(refused).toEqual([]);
    expect(said.map(({ what }) => what)).toEqual([
      "S3_ENDPOINT (from .env) is https://new.example.org, and tier1 runs with https://s3.example.org: with the next switch files are carried there, unless carryFiles is no.",
      "S3_BUCKET (from Pulumi config) is statements, and tier1 runs with papers: with the next switch files are carried there, unless carryFiles is no.",
    ]);
  });

  test.each<[string, Record<string, DeclaredSetting>, string]>([
    ["one of the shell's", { S3_ENDPOINT: { ...elsewhere, origin: shell } }, "unset S3_ENDPOINT"],
    [
      "one whose line was lost",
      { S3_BUCKET: given("job-uploads", "its default") },
      "npm run pulumi -- config set --stack base S3_BUCKET papers",
    ],
  ])("%s is refused", (_name, changes, type) => {
    const { refused, said } = compared(declared(changes), running(there));
    expect(said).toEqual([]);
    expect(refused.map(commandsOf)).toEqual([[type]]);
  });

  test("while tier 2 runs it is refused with what would be left behind, and can be meant", () => {
    const { releases } = running(there);
    const now = { services: {}, images: {}, releases: releases.map((one) => ({ ...one, tier: "tier2" })) };
    const [problem, ...others] = compared(declared({ S3_ENDPOINT: elsewhere }), now).refused;
    expect(others).toEqual([]);
    expect(problem.why).toMatch(/^What a switch to tier 2 has left in the old bucket .*SCANI_TRUST_SETTINGS=true/);
  });

  test("of base's own it is for others to say", () =>
    expect(
      compared(declared({ S3_ENDPOINT: elsewhere }), running({ ...there, S3_ENDPOINT: "http://storage:9000" })),
    ).toEqual({ refused: [], said: [] }));
});
