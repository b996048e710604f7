/** Folder, a volume of the release, in which its services find the certificate of a private authority. */
export const caFolder = "/etc/scani";

/** Variable that names the file of a private authority's certificate to Node and Bun. */
export const authorityVariable = "NODE_EXTRA_CA_CERTS";

/**
 * File with the certificate, which that variable names. The Handover writes it before a start.
 */
export const caFile = `${caFolder}/ca.pem`;

/**
 * Line of shell after which every curl trusts the authority in that variable too. A command line option next to a
 * configuration would count for its first request only.
 */
export const curlTrust = `if [ -n "$${authorityVariable}" ]; then export CURL_CA_BUNDLE="$${authorityVariable}"; fi`;

/**
 * Returns an install's contact for push services, which accept an https or a mail address, no plain http. Pure.
 * @param sender SMTP_FROM: an address, or a name and an address in angle brackets
 */
export function pushContactOf(frontendUrl: string, sender: string): string {
  return frontendUrl.startsWith("https://") ? frontendUrl : `mailto:${/<([^>]+)>/.exec(sender)?.[1] ?? sender}`;
}
