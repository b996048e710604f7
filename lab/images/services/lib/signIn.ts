import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Pool } from "pg";
import type { Cloud } from "./cloud";
import { HttpError } from "./http";
import { codeMail, linkMail } from "./mails";

export interface User {
  id: string;
  email: string;
}

/** Options of better-auth, as far as a user notices a difference. */
export interface SignInOptions {
  pool: Pool;
  cloud: Cloud;
  secret: string;
  frontendUrl: string;
  backendUrl: string;
  cookieDomain: string | undefined;
}

const [DAY, MINUTE] = [86_400, 60];

/** Paths that count as one of the few attempts an address has in an hour. */
const ATTEMPTS = [
  "sign-up",
  "sign-in",
  "email-otp/send-verification-otp",
  "forget-password",
  "change-email",
  "change-password",
];

export const isSignIn = (path: string): boolean => path.startsWith("/api/auth/");

export const isAttempt = (path: string): boolean => ATTEMPTS.some((start) => path.startsWith(`/api/auth/${start}`));

/** Sign-in with better-auth itself, so that its client gets the same answers here as from the real api. */
export class SignIn {
  private constructor(private readonly auth: Awaited<ReturnType<typeof betterAuthOf>>) {}

  static async open(options: SignInOptions): Promise<SignIn> {
    return new SignIn(await betterAuthOf(options));
  }

  /** Answers a request under /api/auth. */
  async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req);
    const asked = new Request(`http://${req.headers.host ?? "api"}${req.url}`, {
      method: req.method,
      headers: headersOf(req),
      ...(body.length > 0 ? { body } : {}),
    });
    const answer = await this.auth.handler(asked);
    const cookies = cookiesOf(answer.headers);
    if (cookies.length > 0) res.setHeader("set-cookie", cookies);
    res.writeHead(answer.status, Object.fromEntries([...answer.headers].filter(([name]) => name !== "set-cookie")));
    res.end(Buffer.from(await answer.arrayBuffer()));
  }

  /** Returns the user of a request; undefined without a valid session. */
  async user(req: IncomingMessage): Promise<User | undefined> {
    const session = await this.auth.api.getSession({ headers: headersOf(req) });
    return session ? { id: session.user.id, email: session.user.email } : undefined;
  }

  async require(req: IncomingMessage): Promise<User> {
    const user = await this.user(req);
    if (!user) throw new HttpError(401, "no session");
    return user;
  }
}

/**
 * Splits the cookies a response sets. Debian's Node returns them as one line only, in which a comma may be part of a
 * date.
 */
function cookiesOf(headers: Headers): string[] {
  const { getSetCookie } = headers as Partial<Headers>;
  return getSetCookie?.call(headers) ?? headers.get("set-cookie")?.split(/, (?=[^\s;,=]+=)/) ?? [];
}

function headersOf(req: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) if (value !== undefined) headers.set(name, String(value));
  return headers;
}

/** Creates better-auth; as an ES module it has to be imported at run time. */
async function betterAuthOf({ pool, cloud, secret, frontendUrl, backendUrl, cookieDomain }: SignInOptions) {
  const [{ betterAuth }, { emailOTP, magicLink }] = await Promise.all([
    import("better-auth"),
    import("better-auth/plugins"),
  ]);
  const secure = backendUrl.startsWith("https://");
  return betterAuth({
    baseURL: backendUrl,
    secret,
    trustedOrigins: [frontendUrl],
    database: pool,
    user: { modelName: "users" },
    account: { modelName: "user_accounts" },
    verification: { modelName: "user_verifications" },
    session: {
      modelName: "user_sessions",
      expiresIn: 7 * DAY,
      updateAge: DAY,
      freshAge: 5 * MINUTE,
      cookieCache: { enabled: false },
    },
    emailAndPassword: { enabled: false },
    // Off as in Scani's own images, which are compiled as if for development; Scani's own limiters come first.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    advanced: {
      useSecureCookies: secure,
      database: { generateId: () => randomUUID() },
      cookiePrefix: "scani-app",
      ...(cookieDomain
        ? { defaultCookieAttributes: { domain: cookieDomain, sameSite: "strict" as const, secure } }
        : {}),
    },
    plugins: [
      magicLink({
        expiresIn: 15 * MINUTE,
        storeToken: "hashed",
        sendMagicLink: async ({ email, url }) => void (await cloud.mutate("email.send", linkMail(email, url))),
      }),
      emailOTP({
        otpLength: 6,
        expiresIn: 5 * MINUTE,
        allowedAttempts: 5,
        storeOTP: "hashed",
        sendVerificationOTP: async ({ email, otp }) => void (await cloud.mutate("email.send", codeMail(email, otp))),
      }),
    ],
  });
}
