/** Folder, a volume of the release, in which its services find the certificate of a private authority. */
export const caFolder = "/etc/scani";

/**
 * File with the certificate, which NODE_EXTRA_CA_CERTS names to Node and Bun. The Handover writes it before a start.
 */
export const caFile = `${caFolder}/ca.pem`;

/**
 * Returns an install's contact for push services, which accept an https or a mail address, no plain http. Pure.
 * @param sender SMTP_FROM: an address, or a name and an address in angle brackets
 */
export function pushContactOf(frontendUrl: string, sender: string): string {
  return frontendUrl.startsWith("https://") ? frontendUrl : `mailto:${/<([^>]+)>/.exec(sender)?.[1] ?? sender}`;
}
