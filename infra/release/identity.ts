import { createHash } from "node:crypto";
import type { Tier } from "../../settings";
import type { Environment } from "../../host/install/environment";
import type { Service } from "../../host/install/services";

/** Everything that makes one release different from another. */
export interface ReleaseContents {
  readonly tier: Tier;
  readonly images: Readonly<Partial<Record<Service, string>>>;
  readonly environment: Readonly<Partial<Record<Service, Environment>>>;
  /** What a service runs instead of its image's own entrypoint. */
  readonly entrypoint?: Readonly<Partial<Record<Service, readonly string[]>>>;
  /** Certificate of a private authority, PEM. */
  readonly certificate?: string;
  /** Memory limits, MiB: a container with another limit is another container. */
  readonly memory: Readonly<Partial<Record<Service, number>>>;
}

/**
 * Short name of a release: equal contents give equal names on every machine. 12 hex digits.
 * Not a secret: the digest is over several random 256-bit keys, so nothing can be guessed back from it.
 */
export function releaseId(contents: ReleaseContents): string {
  return createHash("sha256").update(canonical(contents)).digest("hex").slice(0, 12);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}
