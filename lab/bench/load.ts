import { clientHeader, clients } from "../clients";
import type { LoadRequest } from "../load";
import type { ImageKind } from "../setup/realImages";

/** Requests sent in turn: to the api, and to the page's server. Both enter through the front. */
export interface Load {
  readonly api: LoadRequest[];
  readonly page: LoadRequest[];
}

/**
 * Requests a second. Two loads, so that each has its own longest gap: in the control the page is still served while the
 * api is gone, so one gap over both would show nothing.
 */
export const rates = { api: 80, page: 20 } as const;

const page: LoadRequest[] = [
  { method: "GET", path: "/" },
  { method: "GET", path: "/healthz" },
];

const json = { "content-type": "application/json" };

/** Returns requests anybody may send without signing in. Pure. */
export function loadOf(kind: ImageKind): Load {
  return { page, api: kind === "real" ? realApi() : standInApi() };
}

function standInApi(): LoadRequest[] {
  return Array.from({ length: clients }, (_, client): LoadRequest[] => {
    const headers = { ...json, ...clientHeader(client) };
    return [
      { method: "GET", path: "/api/whoami", headers },
      { method: "POST", path: "/api/rows", headers, body: JSON.stringify({ text: "bench" }) },
      { method: "GET", path: "/api/whoami", headers },
      { method: "POST", path: "/api/echo", headers, body: JSON.stringify({ text: "bench" }) },
    ];
  }).flat();
}

/** Requests to the real api, as many clients; its `/health` is not rate-limited. */
function realApi(): LoadRequest[] {
  return Array.from({ length: clients }, (_, client): LoadRequest[] => [
    { method: "GET", path: "/api/health" },
    {
      method: "POST",
      path: "/api/trpc/clientErrors.report",
      body: JSON.stringify({ message: "bench" }),
      headers: { ...json, ...clientHeader(client) },
    },
  ]).flat();
}
