/** Labels every container, network and volume of an install carries; `status` and the Handover find things by them. */
export const label = {
  /** The install's name (`scani:name`). */
  install: "scani.install",
  /** Service of the container: api, worker, postgres, gateway, … */
  service: "scani.service",
  /** The tier its release is of. */
  tier: "scani.tier",
  /** The release it belongs to. */
  release: "scani.release",
  /** Creation timestamp; see creationTimestamps.ts. */
  made: "scani.made",
  /** On base's containers: digest of all they are declared with; see infra/base/service.ts. */
  contents: "scani.contents",
  /** On everything of a throwaway install, and on nothing else: the lab removes only what carries it. */
  throwaway: "scani.throwaway",
} as const;

/** Returns labels as the Docker provider takes them, sorted so that no run differs from the last. */
export function labelList(values: Readonly<Record<string, string>>): { label: string; value: string }[] {
  return Object.keys(values)
    .sort()
    .map((key) => ({ label: key, value: values[key] }));
}
