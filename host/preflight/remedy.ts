import type { Cause } from "../scani/cloud/classify";
import { setCommand, type SettingName } from "../../settings";
import { setCommand as setGiven, upCommand } from "../../util/commands";
import type { Problem } from "../../util/operatorError";

/** Advice about a problem, and the commands to type. */
export type Remedy = Pick<Problem, "why" | "type">;

/** Context a remedy depends on. */
export interface Situation {
  /** Name of the Pulumi stack. */
  readonly stack: string;
  /** True when a private authority is configured. */
  readonly privateAuthority: boolean;
}

/** Returns the remedy for an endpoint that cannot be used. Pure. */
export function remedy(cause: Cause, { stack, privateAuthority }: Situation): Remedy {
  const set = (name: SettingName) => setCommand(name, stack);
  const again = upCommand(stack);
  const authority = setGiven("caCertificate", stack, { file: "ca.pem" });
  const remedies: Record<Cause, Remedy> = {
    name: {
      why: "Check the host in SCANI_CLOUD_URL, and that containers on this engine can resolve it.",
      type: set("SCANI_CLOUD_URL"),
    },
    connection: {
      why: "Check host and port in SCANI_CLOUD_URL, and that the endpoint is up.",
      type: set("SCANI_CLOUD_URL"),
    },
    silence: {
      why: "Check host and port in SCANI_CLOUD_URL, and that no firewall swallows what the engine's host sends there.",
      type: set("SCANI_CLOUD_URL"),
    },
    untrusted: privateAuthority
      ? {
          why: "Neither a public authority nor the one in caCertificate signed it; ask whoever runs the endpoint for their authority's certificate.",
          type: authority,
        }
      : { why: "If a private authority signed it, give its certificate.", type: authority },
    expired: {
      why: "Whoever runs the endpoint has to renew it, unless this machine's clock is wrong (date). Then:",
      type: again,
    },
    "wrong-host": { why: "Use the name the certificate was issued for.", type: set("SCANI_CLOUD_URL") },
    tls: { why: "Check scheme and port in SCANI_CLOUD_URL.", type: set("SCANI_CLOUD_URL") },
    slow: { why: "Ask whoever runs the endpoint; once it answers:", type: again },
    key: { why: "Ask whoever runs the endpoint for a key that is valid.", type: set("SCANI_CLOUD_API_KEY") },
    forbidden: {
      why: "The key may not do this, or something on the way refuses; ask whoever runs the endpoint.",
      type: set("SCANI_CLOUD_API_KEY"),
    },
    quota: {
      why: "It counts the calls of a key by the hour; ask whoever runs the endpoint for more of them, or wait. Then:",
      type: again,
    },
    moved: { why: "Give the address where the data-provider is now.", type: set("SCANI_CLOUD_URL") },
    failing: { why: "Ask whoever runs the endpoint; once it works again:", type: again },
    "other-answer": { why: "Ask whoever runs the endpoint; once it works again:", type: again },
    "not-data-provider": {
      why: "SCANI_CLOUD_URL must be the data-provider's own address, as it was issued.",
      type: set("SCANI_CLOUD_URL"),
    },
    unknown: { why: "Check SCANI_CLOUD_URL, and ask whoever runs the endpoint.", type: set("SCANI_CLOUD_URL") },
  };
  return remedies[cause];
}
