/**
 * Report of Scani's api on its dependencies: `GET /health/deep`. Source: Scani 0.17.1, apps/backend/api/src/index.ts.
 */
export interface DeepHealth {
  /** Fault of each check; undefined for a good one. */
  readonly checks: Readonly<Record<string, string | undefined>>;
  /** Providers whose key is not set, and the variable it is in. */
  readonly degraded: readonly { readonly provider: string; readonly variable: string }[];
}

/** Parses the answer; undefined where it is no such report. Pure. */
export function parseDeepHealth(output: string): DeepHealth | undefined {
  try {
    const { checks, providerCredentials } = JSON.parse(output) as {
      checks?: Record<string, { ok?: boolean; error?: string }>;
      providerCredentials?: { degraded?: { provider: string; envVar: string }[] };
    };
    if (checks === undefined) return undefined;
    return {
      checks: Object.fromEntries(
        Object.entries(checks).map(([name, { ok, error }]) => [name, ok === true ? undefined : (error ?? "not ok")]),
      ),
      degraded: (providerCredentials?.degraded ?? []).map(({ provider, envVar }) => ({ provider, variable: envVar })),
    };
  } catch {
    return undefined;
  }
}

/** Checks by the names an operator knows them by. AI is left out, since it needs a key of the operator's own. */
const parts: Readonly<Record<string, string>> = {
  db: "the database",
  schema: "the schema",
  redis: "Redis",
  r2: "the storage of its data-provider",
};

/** Returns why an api cannot work; undefined where it can. Pure. */
export function deepProblem({ checks }: DeepHealth): string | undefined {
  const wrong = Object.entries(parts).filter(([name]) => checks[name] !== undefined);
  return wrong.length === 0 ? undefined : wrong.map(([name, part]) => `${part}: ${checks[name]}`).join("; ");
}

/** Returns providers that had a key before and have none now. Pure. */
export function credentialsLost(before: DeepHealth | undefined, now: DeepHealth | undefined): DeepHealth["degraded"] {
  if (before === undefined || now === undefined) return [];
  const without = new Set(before.degraded.map(({ provider }) => provider));
  return now.degraded.filter(({ provider }) => !without.has(provider));
}
