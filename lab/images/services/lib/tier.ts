export type Tier = "tier1" | "tier2";

/**
 * A data-provider beside the api has a plain http URL and a name without a dot; everything else is somebody's hosted
 * one. `SCANI_CLOUD_URL` is the only thing that tells the tiers apart, in the real services too.
 */
export function tierOf(cloudUrl: string): Tier {
  const url = new URL(cloudUrl);
  return url.protocol === "http:" && !url.hostname.includes(".") ? "tier1" : "tier2";
}

/**
 * The cloud URL this process works with: the one it was given, unless the image is the one that gets its tier wrong.
 */
export function effectiveCloudUrl(given: string, fault: string): string {
  if (fault !== "api-wrong-tier") return given;
  return tierOf(given) === "tier1" ? "https://wrong-tier.scani.test" : "http://data-provider:8082";
}
