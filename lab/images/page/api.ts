import { createAuthClient } from "better-auth/client";
import { emailOTPClient, magicLinkClient } from "better-auth/client/plugins";

/** Address of the api: Scani's page is built with a path, so that one build serves any host. */
export const apiUrl = new URL("/api", location.origin).toString();

/** Milliseconds after which a sign-in call is given up. */
const timeout = 12_000;

/**
 * Scani's own client library with the base URL Scani's page gives it. It takes that URL's path for its own, so it asks
 * `/api/get-session`.
 */
export const auth = createAuthClient({
  baseURL: apiUrl,
  fetchOptions: {
    credentials: "include",
    customFetchImpl: (input, init) => fetch(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(timeout) }),
    onRequest: (context) => {
      context.headers.set("x-scani-language", "en");
      return context;
    },
  },
  plugins: [magicLinkClient(), emailOTPClient()],
});

/** One answer of a batch. */
type Answer<T> = { result: { data: T } } | { error: { message: string } };

/** Calls the page makes over tRPC, in batches as tRPC's own client sends them, here of one call. */
export const trpc = {
  mutate: <T>(name: string, input: object) =>
    call<T>(`${name}?batch=1`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ 0: input }),
    }),
  query: <T>(name: string, input: object) =>
    call<T>(`${name}?batch=1&input=${encodeURIComponent(JSON.stringify({ 0: input }))}`, {}),
};

export type Trpc = typeof trpc;

async function call<T>(path: string, init: RequestInit): Promise<T> {
  const response = await fetch(`/api/trpc/${path}`, { ...init, credentials: "include" });
  const [answer] = (await response.json()) as [Answer<T>];
  if ("error" in answer) throw new Error(answer.error.message);
  return answer.result.data;
}
