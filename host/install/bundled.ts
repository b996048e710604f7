import type { Settings } from "../../settings";

/** Services base can do without, and the settings of which any names somebody else's. */
const replacedBy = {
  postgres: ["DATABASE_URL"],
  redis: ["REDIS_URL"],
  storage: ["S3_ENDPOINT"],
  mail: ["SMTP_URL", "FASTMAIL_API_TOKEN"],
} as const;

/** Whether base declares a container of its own for a service. Pure. */
export function bundles(settings: Settings<"base">, service: keyof typeof replacedBy): boolean {
  return !replacedBy[service].some((name) => settings[name] !== undefined);
}
