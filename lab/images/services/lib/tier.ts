export type Tier = "tier1" | "tier2";

/**
 * Derives the tier: the install's own data-provider has a plain http URL and a name without a dot; any other is a
 * hosted one. `SCANI_CLOUD_URL` alone tells the tiers apart, in the real services too.
 */
export function tierOf(cloudUrl: string): Tier {
  const url = new URL(cloudUrl);
  return url.protocol === "http:" && !url.hostname.includes(".") ? "tier1" : "tier2";
}

/** Returns the cloud URL this process uses: the given one, unless the image has the fault of using the wrong tier. */
export function effectiveCloudUrl(given: string, fault: string): string {
  if (fault !== "api-wrong-tier") return given;
  return tierOf(given) === "tier1" ? "https://wrong-tier.scani.test" : "http://data-provider:8082";
}
