import {
  changedVariables,
  renderPreview,
  type SwitchPreview,
} from "../../../../../host/handover/preview/renderPreview";
import { withDeclared } from "../../../../../host/handover/preview/previewSwitch";
import { plan } from "../../../../../host/handover/plan";
import { factsOf, release, routedTo } from "../model";

const facts = factsOf(
  release("tier1", "one", () => true),
  routedTo("one"),
);
const declared = {
  tier: "tier2" as const,
  release: "two",
  stack: "tier2",
  keepWarm: false,
  soak: 5,
  containers: {},
  minimumFreeDisk: 100,
  images: { api: "scani/api:2" },
  environment: {},
};

function preview(): SwitchPreview {
  const { facts: assumed, wanted, created } = withDeclared(facts, declared);
  return {
    serving: "tier1 (one) since 2026-01-01T00:00:00.000Z",
    wanted: { tier: "tier2", release: "two" },
    steps: plan(assumed, wanted),
    created,
    environment: {
      old: { api: { SCANI_CLOUD_URL: "http://data-provider:8082", SCANI_CLOUD_API_KEY: "local-key-abcdefgh" } },
      new: { api: { SCANI_CLOUD_URL: "https://data.example.org", SCANI_CLOUD_API_KEY: "issued-key-12345678" } },
    },
    images: { old: { api: "scani/api:1" }, new: { api: "scani/api:2" } },
    keepWarm: false,
    soak: 5,
    kept: [],
    untouched: [{ service: "postgres", container: "scani-postgres", volume: "scani-postgres-data" }],
  };
}

test("a preview answers the operator's questions and shows no secret", () => {
  const text = renderPreview(preview());
  expect(text).toMatchInlineSnapshot(`
"Serving now: tier1 (one) since 2026-01-01T00:00:00.000Z. After this: tier2 (two).
steps:
  check the disk, the schema and what is outside; what cannot go well is refused here
  migrate the schema (a no-op when nothing is pending)
  start api (new), frontend-app (new) and wait until ready
  verify the tier from inside the new api, with its own key: files, token search, the api's own checks
  flip the gateway; requests in flight finish on the old release
  stop gently: tier1 worker (kept)
  start worker (new)
  watch the new release for a while, with the way back open
  stop gently: tier1 data-provider, tier1 api, tier1 frontend-app (kept)
tier 2: mails (sign-in codes, digests, alerts) and uploaded files go through the hosted data-provider, and the files into its bucket
tier 2: prices, AI and chain calls stay with api and worker, so the provider keys stay set
variables:
  api: SCANI_CLOUD_API_KEY ••••efgh → ••••5678
  api: SCANI_CLOUD_URL http://data-provider:8082 → https://data.example.org
images:
  api: scani/api:1 → scani/api:2
untouched:
  postgres: container scani-postgres, volume scani-postgres-data"
`);
});

test("an earlier release of the same tier is not said to be kept: the same up removes it", () => {
  const before = factsOf(
    [...release("tier1", "one", () => true), ...release("tier2", "older", () => true)],
    routedTo("older"),
  );
  const { facts: assumed, wanted, created } = withDeclared(before, declared);
  const text = renderPreview({ ...preview(), steps: plan(assumed, wanted), created });
  expect(text).toContain("\n  stop gently: tier1 worker (kept), tier2 worker (removed afterwards)\n");
  expect(text).toMatch(/ stop gently: tier1 .* \(kept\), tier2 api, tier2 frontend-app \(removed afterwards\)\n/);
});

test("a soak that is turned off is no step", () => {
  expect(renderPreview(preview())).toContain("watch the new release");
  expect(renderPreview({ ...preview(), soak: 0 })).not.toContain("watch the new release");
});

test("nothing to do is one line", () => {
  expect(renderPreview({ ...preview(), steps: [] })).toBe(
    "Serving now: tier1 (one) since 2026-01-01T00:00:00.000Z. Nothing to do.",
  );
});

test("two secrets with one ending are told apart without being shown", () => {
  expect(changedVariables({ ENCRYPTION_KEY: "aaaaaaaaaaaaSAME" }, { ENCRYPTION_KEY: "bbbbbbbbbbbbSAME" })).toEqual([
    "ENCRYPTION_KEY ••••SAME → another value with the same ending",
  ]);
});

test("a variable that the shell holds is said to be the shell's", () => {
  const [old, next] = [
    { LOG_LEVEL: "info", A: "1" },
    { LOG_LEVEL: "debug", A: "2" },
  ];
  expect(changedVariables(old, next, { LOG_LEVEL: "the shell's environment", A: ".env" })).toEqual([
    expect.stringMatching(/^A [^(]*$/),
    "LOG_LEVEL info → debug (from the shell's environment)",
  ]);
});

test("a preview says how many files go where, and what is to be said about them", () => {
  const files = { count: { files: 2000, bytes: 300 * 1024 * 1024 }, place: "https://data.example.org", stuck: [] };
  const lines = (shown: SwitchPreview["files"]) =>
    /^files: .*\n(?: {2}.*\n)*/m
      .exec(renderPreview({ ...preview(), files: shown }))?.[0]
      .split("\n")
      .slice(0, -1);
  const line = (shown: SwitchPreview["files"]) => lines(shown)?.join("\n");
  expect(line({ ...files, permission: "yes" })).toBe(
    "files: 2,000 files (300 MiB) to carry to https://data.example.org",
  );
  expect(line({ ...files, permission: "unsaid" })).toBe(
    "files: 2,000 files (300 MiB) would have to go to https://data.example.org; up is refused until carryFiles says yes or no",
  );
  expect(line({ ...files, count: { files: 0, bytes: 0 }, permission: "unsaid" })).toBe(
    "files: none to carry to https://data.example.org",
  );
  const { place } = files;
  expect(line({ place, left: { files: 3, jobs: 0, at: "tier 1's data-provider" } })).toBe(
    "files: 3 files stay at tier 1's data-provider, and are not found at https://data.example.org (carryFiles is not yes)",
  );
  expect(
    lines({
      place: "tier 1's data-provider",
      left: { files: 1, jobs: 0, at: place, uncompared: "it refuses the key" },
    }),
  ).toEqual([
    "files: at most 1 file stays at https://data.example.org, and is not found at tier 1's data-provider (carryFiles is not yes)",
    "  the two could not be compared: it refuses the key",
  ]);
  const failure = { failed: 'its key holds ".."', about: "file" } as const;
  expect(
    lines({
      ...files,
      permission: "yes",
      stuck: [
        { file: { key: "a/../b", by: "row" }, failure, at: "to" },
        { file: { key: "c/../d", by: "job" }, failure, at: "to" },
      ],
    })?.slice(1),
  ).toEqual([
    '  not carried: a/../b: its key holds ".."',
    '  not carried: c/../d: its key holds ".."',
    "  up is refused while waiting jobs need 1 of them",
  ]);
  expect(line({ unknown: "it does not answer" })).toBe(
    "files: what is to be carried cannot be told: it does not answer",
  );
});
