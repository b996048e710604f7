import type { LoadRequest } from "../load";
import type { ImageKind } from "../setup/realImages";

/** Requests sent in turn: those the api answers, and those the page's server does. Both go in through the front. */
export interface Load {
  readonly api: LoadRequest[];
  readonly page: LoadRequest[];
}

/**
 * Requests a second. Two loads, so that each has its own longest gap: in the control the page is served on while the api
 * is gone, and one gap over both would show nothing.
 */
export const rates = { api: 80, page: 20 } as const;

const page: LoadRequest[] = [{ method: "GET", path: "/" }, { method: "GET", path: "/healthz" }];

const json = { "content-type": "application/json" };

/** Requests anybody may send, without signing in. Pure. */
export function loadOf(kind: ImageKind): Load {
  return { page, api: kind === "real" ? realApi() : standInApi() };
}

function standInApi(): LoadRequest[] {
  return [
    { method: "GET", path: "/api/whoami" },
    { method: "POST", path: "/api/rows", headers: json, body: JSON.stringify({ text: "bench" }) },
    { method: "GET", path: "/api/whoami" },
    { method: "POST", path: "/api/echo", headers: json, body: JSON.stringify({ text: "bench" }) },
  ];
}

/** Clients the load plays: enough that each stays far below the 300 requests a minute Scani's api grants an address. */
const clients = 60;

/**
 * Scani takes a client's address from `cf-connecting-ip` before any other header, and both fronts pass that one on
 * (nginx puts its own into X-Real-IP and X-Forwarded-For). `/health` is not limited.
 */
function realApi(): LoadRequest[] {
  return Array.from({ length: clients }, (_, client): LoadRequest[] => [
    { method: "GET", path: "/api/health" },
    {
      method: "POST", path: "/api/trpc/clientErrors.report", body: JSON.stringify({ message: "bench" }),
      headers: { ...json, "cf-connecting-ip": `10.77.0.${client + 1}` },
    },
  ]).flat();
}
