import { codeIn, linkIn, mailsTo, newMail } from "./mailbox";
import { accepted, cookieOf, json } from "./http";

/** Addresses of a page and of its mail catcher. */
export interface Front {
  /** Origin of the page. */
  readonly url: string;
  /** Port of the mail catcher's page, on loopback. */
  readonly mailPort: number;
}

/** User of a session, as the api tells the page. */
export interface SessionUser {
  readonly id: string;
  readonly email: string;
}

/* Calls of Scani's page that sign a user in, with the paths of its client library and the headers a browser sends. */

/** Signs in with the code of a mail. @param client headers that identify the client @returns its cookies */
export async function signInByCode(front: Front, email: string, client: Record<string, string>): Promise<string> {
  const before = await mailsTo(front.mailPort, email);
  await post(front, "/api/email-otp/send-verification-otp", { email, type: "sign-in" }, client);
  const otp = codeIn(await newMail(front.mailPort, email, before));
  return cookieOf(await post(front, "/api/sign-in/email-otp", { email, otp }, client));
}

/**
 * Signs in by the link of a mail, which redirects to the page. @returns its cookies
 * @throws Error when the link leads elsewhere
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

/** Returns the user of the session in these cookies; undefined without a valid one. */
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
