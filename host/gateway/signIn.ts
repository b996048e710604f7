/**
 * Where the calls of the page's sign-in client are translated. Scani's published page gives its client the base `/api`,
 * so it asks `/api/get-session` where the api serves `/api/auth/get-session`; nothing between them adds the missing
 * part. The frontend's own nginx does it here, on a port of its own. *Seen* with the page of 0.17.1: without it nobody
 * can sign in.
 */

/** Port of the translating server in the frontend-app container. */
export const signInPort = 8081;

/**
 * First segment of every path the sign-in client can ask. Source: better-auth 1.6, the endpoints of its core and of the
 * plugins magicLink and emailOTP, which Scani's api mounts. None of them is a path of the api itself.
 */
export const signInPaths: readonly string[] = [
  "account-info",
  "callback",
  "change-email",
  "change-password",
  "delete-user",
  "email-otp",
  "error",
  "forget-password",
  "get-access-token",
  "get-session",
  "link-social",
  "list-accounts",
  "list-sessions",
  "magic-link",
  "ok",
  "refresh-token",
  "request-password-reset",
  "reset-password",
  "revoke-other-sessions",
  "revoke-session",
  "revoke-sessions",
  "send-verification-email",
  "sign-in",
  "sign-out",
  "sign-up",
  "unlink-account",
  "update-session",
  "update-user",
  "verify-email",
  "verify-password",
];
