import { createAuthClient } from "better-auth/client";
import { emailOTPClient, magicLinkClient } from "better-auth/client/plugins";

/** Where the api is: Scani's page is built with a path, so that one build serves any host. */
export const apiUrl = new URL("/api", location.origin).toString();

/** Milliseconds after which a call of the sign-in is given up. */
const timeout = 12_000;

/**
 * Scani's own client library with the base Scani's page gives it: it takes the path of a base for its own, and asks
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

/** What the page asks over tRPC, as tRPC's own client asks: in batches, here of one. */
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
