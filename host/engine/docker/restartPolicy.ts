/** When Docker starts a container again by itself. Source: moby, api/types/container, `RestartPolicy`. */
export interface RestartPolicy {
  /** Older engines leave it empty where none was asked for. */
  readonly Name?: string;
  /** Number of restarts after which `on-failure` gives up; 0 for no limit. */
  readonly MaximumRetryCount?: number;
}

/** Spells a restart policy as `docker run --restart` takes it: `on-failure:5`. Pure. */
export function spellRestartPolicy({ Name, MaximumRetryCount = 0 }: RestartPolicy = {}): string {
  return MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name || "no";
}

/** Reads a restart policy spelled like that. Pure. */
export function parseRestartPolicy(spelled: string): Required<RestartPolicy> {
  const [name, retries = "0"] = spelled.split(":");
  return { Name: name, MaximumRetryCount: Number(retries) };
}
