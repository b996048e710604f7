/**
 * Whom push services contact about an install: they take an address on the web or a mail address, no plain http. Pure.
 * @param sender SMTP_FROM: an address, or a name and an address in angle brackets
 */
export function pushContactOf(frontendUrl: string, sender: string): string {
  return frontendUrl.startsWith("https://") ? frontendUrl : `mailto:${/<([^>]+)>/.exec(sender)?.[1] ?? sender}`;
}
