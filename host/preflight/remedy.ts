import type { Cause } from "../scani/cloud/judge";
import { setCommand, type SettingName } from "../../settings";

/** What the operator's commands are made of. */
export interface Situation {
  /** Name of the Pulumi stack. */
  readonly stack: string;
  /** True when a private authority is configured. */
  readonly privateAuthority: boolean;
}

/** What to do about an endpoint that cannot be used, and the command to type: two indented lines. Pure. */
export function remedy(cause: Cause, { stack, privateAuthority }: Situation): string {
  const set = (name: SettingName) => setCommand(name, stack);
  const again = `npm run up -- ${stack}`;
  const authority = `pulumi config set caCertificate --stack ${stack} < ca.pem`;
  const remedies: Record<Cause, { advice: string; type: string }> = {
    name: {
      advice: "Check the host in SCANI_CLOUD_URL, and that containers on this engine can resolve it.",
      type: set("SCANI_CLOUD_URL"),
    },
    connection: {
      advice: "Check host and port in SCANI_CLOUD_URL, and that the endpoint is up.",
      type: set("SCANI_CLOUD_URL"),
    },
    silence: {
      advice:
        "Check host and port in SCANI_CLOUD_URL, and that no firewall swallows what the engine's host sends there.",
      type: set("SCANI_CLOUD_URL"),
    },
    untrusted: privateAuthority
      ? {
          advice:
            "Neither a public authority nor the one in caCertificate signed it; ask whoever runs the endpoint for their authority's certificate.",
          type: authority,
        }
      : { advice: "If a private authority signed it, give its certificate.", type: authority },
    expired: {
      advice: "Whoever runs the endpoint has to renew it, unless this machine's clock is wrong (date). Then:",
      type: again,
    },
    "wrong-host": { advice: "Use the name the certificate was issued for.", type: set("SCANI_CLOUD_URL") },
    tls: { advice: "Check scheme and port in SCANI_CLOUD_URL.", type: set("SCANI_CLOUD_URL") },
    slow: { advice: "Ask whoever runs the endpoint; once it answers:", type: again },
    key: { advice: "Ask whoever runs the endpoint for a key that is valid.", type: set("SCANI_CLOUD_API_KEY") },
    forbidden: {
      advice: "The key may not do this, or something on the way refuses; ask whoever runs the endpoint.",
      type: set("SCANI_CLOUD_API_KEY"),
    },
    moved: { advice: "Give the address where the data-provider is now.", type: set("SCANI_CLOUD_URL") },
    failing: { advice: "Ask whoever runs the endpoint; once it is mended:", type: again },
    "other-answer": { advice: "Ask whoever runs the endpoint; once it is mended:", type: again },
    "not-data-provider": {
      advice: "SCANI_CLOUD_URL must be the data-provider's own address, as it was issued.",
      type: set("SCANI_CLOUD_URL"),
    },
    unknown: { advice: "Check SCANI_CLOUD_URL, and ask whoever runs the endpoint.", type: set("SCANI_CLOUD_URL") },
  };
  return `  ${remedies[cause].advice}\n  type: ${remedies[cause].type}`;
}
