import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds between two looks into the mailbox, and those after which no mail will come. */
const [lookAgain, patience] = [100, 20_000];

/**
 * The sign-in code Scani mailed to somebody, from the mail catcher.
 * @param port of the catcher's page, on loopback
 * @throws Error when none comes in time
 */
export async function signInCode(port: number, email: string): Promise<string> {
  const search = `http://127.0.0.1:${port}/api/v1/search?query=${encodeURIComponent(`to:${email}`)}&limit=1`;
  for (const until = Date.now() + patience; Date.now() < until; await pause(lookAgain)) {
    const { messages } = await (await fetch(search)).json() as { messages: { Subject: string }[] };
    const code = /\b\d{6}\b/.exec(messages[0]?.Subject ?? "")?.[0];
    if (code !== undefined) return code;
  }
  throw new Error(`no sign-in code was mailed to ${email} within ${patience / 1000} s`);
}
