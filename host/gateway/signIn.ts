/**
 * Translation of the page's sign-in calls. Scani's published page gives its sign-in client the base `/api`, so it calls
 * `/api/get-session` where the api serves `/api/auth/get-session`. The frontend's own nginx adds the missing segment, on
 * a port of its own. *Seen* with the page of 0.17.1: without it nobody can sign in.
 */

/** Port of the translating server in the frontend-app container. */
export const signInPort = 8081;

/**
 * First segment of every path the sign-in client can call. Source: better-auth 1.6, the endpoints of its core and of the
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
