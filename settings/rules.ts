import { setCommand, type Mistake } from "./mistakes";
import { pagePaths } from "./pagePaths";
import type { Given } from "./sources";
import type { StackKind } from "./spec";

/** The given values by setting name, before conversion. */
export type GivenValues = ReadonlyMap<string, Given>;

/** Rules that hold between settings, or between a setting and the tier. Pure. */
export function crossMistakes(kind: StackKind, given: GivenValues, stack: string): Mistake[] {
  return kind === "base" ? baseMistakes(given, stack) : tierMistakes(kind, given, stack);
}

function baseMistakes(given: GivenValues, stack: string): Mistake[] {
  const mistakes: Mistake[] = [];
  if (given.has("S3_ENDPOINT")) {
    for (const name of ["S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const) {
      if (!given.has(name)) {
        mistakes.push({
          setting: name,
          problem: "is missing: S3_ENDPOINT names a managed S3, whose keys cannot be generated",
          fix: setCommand(name, stack),
        });
      }
    }
  }
  const bucket = given.get("S3_BUCKET");
  if (bucket !== undefined && !given.has("S3_ENDPOINT") && pagePaths.has(bucket.value)) {
    mistakes.push({
      setting: "S3_BUCKET",
      problem: `(from ${bucket.origin}) ${JSON.stringify(bucket.value)} is a path of Scani's own page, under whose address browsers reach the bundled bucket`,
      fix: setCommand("S3_BUCKET", stack),
    });
  }
  if (given.has("SMTP_URL") && given.has("FASTMAIL_API_TOKEN")) {
    mistakes.push({
      setting: "FASTMAIL_API_TOKEN",
      problem: "is given beside SMTP_URL; Scani wants one mail transport",
      fix: `remove one of the two from ${given.get("FASTMAIL_API_TOKEN")?.origin}`,
    });
  }
  return mistakes;
}

function tierMistakes(kind: StackKind, given: GivenValues, stack: string): Mistake[] {
  const url = given.get("SCANI_CLOUD_URL");
  if (kind !== "tier2" || url === undefined || !URL.canParse(url.value)) return [];
  const { hostname } = new URL(url.value);
  if (hostname !== "data-provider") return [];
  // An install that comes from compose has the local pair in `.env`; on tier 2 nothing may name it.
  return [
    {
      setting: "SCANI_CLOUD_URL",
      problem: `(from ${url.origin}) names the local data-provider, which tier 2 does not have`,
      fix: setCommand("SCANI_CLOUD_URL", stack),
    },
  ];
}
