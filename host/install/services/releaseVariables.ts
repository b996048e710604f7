/** Folder, a volume of the release, in which its services find the certificate of a private authority. */
export const caFolder = "/etc/scani";

/**
 * The certificate's file, named to Node and Bun by NODE_EXTRA_CA_CERTS. The Handover writes it before it starts one.
 */
export const caFile = `${caFolder}/ca.pem`;

/**
 * Whom push services contact about an install: they take an address on the web or a mail address, no plain http. Pure.
 * @param sender SMTP_FROM: an address, or a name and an address in angle brackets
 */
export function pushContactOf(frontendUrl: string, sender: string): string {
  return frontendUrl.startsWith("https://") ? frontendUrl : `mailto:${/<([^>]+)>/.exec(sender)?.[1] ?? sender}`;
}
