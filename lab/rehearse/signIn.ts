import { codeIn, linkIn, mailsTo, newMail } from "./mailbox";
import { accepted, cookieOf, json } from "./http";

/** Where a page is, and where its mails arrive. */
export interface Front {
  /** Origin of the page. */
  readonly url: string;
  /** Port of the mail catcher's page, on loopback. */
  readonly mailPort: number;
}

/** Whom a session is of, as the api tells the page. */
export interface SessionUser {
  readonly id: string;
  readonly email: string;
}

/*
 * What Scani's page asks to sign a user in: the calls its client library makes on the base the page gives it, with the
 * headers a browser sends.
 */

/** Signs in with the code of a mail. @param client headers that say which client it is @returns its cookies */
export async function signInByCode(front: Front, email: string, client: Record<string, string>): Promise<string> {
  const before = await mailsTo(front.mailPort, email);
  await post(front, "/api/email-otp/send-verification-otp", { email, type: "sign-in" }, client);
  const otp = codeIn(await newMail(front.mailPort, email, before));
  return cookieOf(await post(front, "/api/sign-in/email-otp", { email, otp }, client));
}

/**
 * Signs in by the link of a mail, and arrives at the page. @returns its cookies @throws Error when the link leads
 * elsewhere
 */
export async function signInByLink(front: Front, email: string, client: Record<string, string>): Promise<string> {
  const callbackURL = `${front.url}/auth/callback`;
  const before = await mailsTo(front.mailPort, email);
  await post(front, "/api/sign-in/magic-link", { email, callbackURL }, client);
  const link = linkIn(await newMail(front.mailPort, email, before));
  const followed = await fetch(link, { redirect: "manual", headers: client });
  const location = followed.headers.get("location");
  if (followed.status !== 302 || location !== callbackURL)
    throw new Error(`the link in the mail answers ${followed.status} and leads to ${location}, not to ${callbackURL}`);
  const page = await accepted(await fetch(location));
  if (!(page.headers.get("content-type") ?? "").startsWith("text/html")) throw new Error(`${location} is no page`);
  return cookieOf(followed);
}

/** Whose session the cookies are; undefined when there is none that holds. */
export async function sessionUser(
  { url }: Pick<Front, "url">,
  cookie: string,
  client: Record<string, string>,
): Promise<SessionUser | undefined> {
  const response = await accepted(await fetch(`${url}/api/get-session`, { headers: { cookie, ...client } }));
  return ((await response.json()) as { user?: SessionUser } | null)?.user;
}

/** Ends a session. @throws Error when the api does not end it */
export async function signOut(front: Front, cookie: string, client: Record<string, string>): Promise<void> {
  await post(front, "/api/sign-out", {}, { cookie, ...client });
}

async function post({ url }: Front, path: string, body: object, headers: Record<string, string>): Promise<Response> {
  return accepted(
    await fetch(`${url}${path}`, {
      method: "POST",
      headers: { ...json, origin: url, ...headers },
      body: JSON.stringify(body),
    }),
  );
}
