import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds between two checks of the mailbox, and after which the wait for a mail fails. */
const [pollInterval, timeout] = [100, 20_000];

/** A mail as the catcher's API lists it. */
export interface CaughtMail {
  readonly ID: string;
  readonly Subject: string;
}

/** A mail with its text. */
export interface ReadMail extends CaughtMail {
  readonly Text: string;
}

/** Lists the mails to an address, the newest first. @param port of the catcher's page, on loopback */
export async function mailsTo(port: number, email: string): Promise<readonly CaughtMail[]> {
  const search = `http://127.0.0.1:${port}/api/v1/search?query=${encodeURIComponent(`to:${email}`)}&limit=20`;
  const { messages } = (await (await fetch(search)).json()) as { messages: CaughtMail[] };
  return messages;
}

/**
 * Waits for a new mail to an address.
 * @param before mails that had already arrived
 * @throws Error when none comes in time
 */
export async function newMail(port: number, email: string, before: readonly CaughtMail[]): Promise<ReadMail> {
  const old = new Set(before.map(({ ID }) => ID));
  for (const until = Date.now() + timeout; Date.now() < until; await pause(pollInterval)) {
    const mail = (await mailsTo(port, email)).find(({ ID }) => !old.has(ID));
    if (mail !== undefined)
      return (await fetch(`http://127.0.0.1:${port}/api/v1/message/${mail.ID}`)).json() as Promise<ReadMail>;
  }
  throw new Error(`nothing was mailed to ${email} within ${timeout / 1000} s`);
}

/** Returns the code in a sign-in mail's subject. @throws Error when it has none */
export function codeIn({ Subject: subject }: CaughtMail): string {
  const code = /\b\d{6}\b/.exec(subject)?.[0];
  if (code === undefined) throw new Error(`the mail has no code in its subject: ${subject}`);
  return code;
}

/** Returns the link in a sign-in mail. @throws Error when it has none */
export function linkIn({ Text: text }: ReadMail): string {
  const link = /https?:\/\/\S+\/magic-link\/verify\S*/.exec(text)?.[0];
  if (link === undefined) throw new Error(`the mail has no link: ${text}`);
  return link;
}
