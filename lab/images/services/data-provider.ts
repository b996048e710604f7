import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { openDatabase } from "./lib/database";
import { HttpError, integer, readJson, sendJson } from "./lib/http";
import { createLog, errorText, instance, logCrashes, version } from "./lib/log";
import { allOk, checkDependencies } from "./lib/readiness";
import { emailRouter } from "./lib/postbox";
import { atLeast, optionalUrl, port, Settings, urlOf } from "./lib/settings";
import { Storage, storageRouter } from "./lib/storage";
import { answerTrpc, isTrpc, procedure, ProcedureError, type Router } from "./lib/trpc";
import { unusedConnections } from "./lib/unused";

const FAULTS = ["none", "401", "500", "slow", "page", "no-ai", "no-storage", "no-copy", "no-mail"] as const;
type Fault = (typeof FAULTS)[number];

const log = createLog("data-provider");
logCrashes(log);
/** True for somebody else's data-provider: it needs only its key, and a test can make it misbehave while it runs. */
const hosted = process.env.STANDIN_HOSTED === "1";
const env = readEnvironment();
const pool = env.databaseUrl ? openDatabase(env.databaseUrl, log, 2) : undefined;

let fault: Fault = "none";
let slowMs = 30_000;
const calls = { health: 0, authorized: 0, unauthorized: 0 };
const storage = new Storage();
const router: Router<void> = {
  "ai.status": procedure("query", z.unknown(), () => {
    const availableProviders = fault === "no-ai" ? [] : ["openai"];
    return { availableProviders, hasAvailableProvider: availableProviders.length > 0 };
  }),
  "chains.listConfigs": procedure("query", z.unknown(), () => [{ id: "bitcoin" }, { id: "ethereum" }]),
  "pricing.fetchCurrentPrice": procedure("query", z.unknown(), () => ({
    symbol: "BTC",
    currency: "USD",
    price: "100000.00",
  })),
  "tokens.search": procedure("query", z.object({ query: z.string().min(1), limit: z.number().int() }), ({ query }) => [
    { name: query, symbol: "BTC" },
  ]),
  ...storageRouter(storage),
  ...emailRouter(log),
};

const answer = (req: IncomingMessage, res: ServerResponse): void => void respond(req, res);
const certificate = tlsFiles();
const server = certificate ? createHttps(certificate, answer) : createHttp(answer);
const unused = unusedConnections(server);

process.on("SIGTERM", stop);
process.on("SIGINT", stop);
log.info("🚀 Starting Scani data-provider", { port: env.port, host: env.host, hosted, tls: Boolean(certificate) });
server.listen(env.port, env.host, () => log.info("Server listening", { port: env.port }));

function readEnvironment() {
  const settings = new Settings("data-provider");
  const key = settings.required("DATA_PROVIDER_API_KEY", atLeast(16));
  const read = { key, port: Number(settings.required("PORT", port)), host: settings.required("HOST") };
  if (hosted) {
    settings.settle();
    return { ...read, databaseUrl: undefined, redisUrl: undefined };
  }
  settings.common();
  settings.required("BETTER_AUTH_SECRET", atLeast(32));
  settings.optional("SENTRY_DSN", optionalUrl);
  const databaseUrl = settings.required("DATABASE_URL", urlOf("postgres:", "postgresql:"));
  const redisUrl = settings.required("REDIS_URL", urlOf("redis:", "rediss:"));
  settings.settle();
  return { ...read, databaseUrl, redisUrl };
}

/** Returns the certificate given as text, or with STANDIN_TLS=1 the image's own, which the other stand-ins trust. */
function tlsFiles(): { cert: string | Buffer; key: string | Buffer } | undefined {
  const { STANDIN_TLS_CERT: cert, STANDIN_TLS_KEY: key, STANDIN_TLS } = process.env;
  if (cert && key) return { cert, key };
  if (STANDIN_TLS !== "1") return undefined;
  return { cert: readFileSync("/etc/standin/tls.crt"), key: readFileSync("/etc/standin/tls.key") };
}

async function respond(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? "/", "http://data-provider");
  const path = url.pathname;
  res.setHeader("x-scani-instance", instance);
  try {
    if (hosted && path.startsWith("/standin/")) return await control(req, res, path);
    if (fault === "slow") await delay(slowMs);
    if (fault === "500") return sendJson(res, 500, { error: "Internal Server Error" });
    if (fault === "page") {
      res.writeHead(200, { "content-type": "text/html" });
      res.end("<!doctype html><title>Welcome</title><p>Please log in to this network.</p>");
      return;
    }
    if (path === "/health") {
      calls.health++;
      return sendJson(res, 200, { status: "ok", service: "data-provider", version });
    }
    // The api's deep health check requests this path without a key.
    if (path === "/health/r2") {
      const health = await storage.health();
      return sendJson(res, health.ok ? 200 : 503, health);
    }
    const refusal = unauthorized(req);
    if (refusal) calls.unauthorized++;
    else calls.authorized++;
    if (isTrpc(path)) return await answerTrpc(req, res, url, faulty(router), () => admit(refusal));
    if (refusal) return sendJson(res, 401, { error: refusal });
    if (path === "/health/deep") return await deepHealth(res);
    sendJson(res, 404, { error: "Not Found" });
  } catch (error) {
    if (error instanceof HttpError) return sendJson(res, error.status, { error: error.message });
    log.error("💥 HTTP Request failed", { path, error: errorText(error) });
    sendJson(res, 500, { error: "Internal Server Error" });
  }
}

function unauthorized(req: IncomingMessage): string | undefined {
  const [, given] = /^Bearer (.+)$/.exec(req.headers.authorization ?? "") ?? [];
  if (!given) return "Missing API key";
  const [a, b] = [Buffer.from(given), Buffer.from(env.key)];
  return fault !== "401" && a.length === b.length && timingSafeEqual(a, b) ? undefined : "Invalid API key";
}

function admit(refusal: string | undefined): void {
  if (refusal) throw new ProcedureError("UNAUTHORIZED", refusal);
}

/** Returns the procedures with the fault a test has set: some fail, or one is missing. */
function faulty(whole: Router<void>): Router<void> {
  if (fault === "no-copy") return without(whole, "storage.copyObject");
  const failing = fault === "no-storage" ? "storage." : fault === "no-mail" ? "email." : undefined;
  if (!failing) return whole;
  const fail = procedure("mutation", z.unknown(), () => {
    throw new Error(`stand-in fault ${fault}`);
  });
  return Object.fromEntries(
    Object.entries(whole).map(([name, known]) => [
      name,
      name.startsWith(failing) ? { ...fail, kind: known.kind } : known,
    ]),
  );
}

/** Removes one procedure, as on an endpoint older than it. */
function without(whole: Router<void>, name: string): Router<void> {
  return Object.fromEntries(Object.entries(whole).filter(([known]) => known !== name));
}

async function deepHealth(res: ServerResponse): Promise<void> {
  const checks = pool && env.redisUrl ? await checkDependencies(pool, env.redisUrl) : {};
  sendJson(res, allOk(checks) ? 200 : 503, { status: allOk(checks) ? "ok" : "degraded", checks });
}

/** Lets a test set a hosted endpoint's fault, and read how often it was called. */
async function control(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
  if (req.method === "POST" && path === "/standin/fault") {
    const body = await readJson(req);
    const mode = FAULTS.find((known) => known === body.mode);
    if (!mode) return sendJson(res, 400, { error: `mode must be one of ${FAULTS.join(", ")}` });
    slowMs = integer(body.ms, "ms", { min: 0, max: 600_000, fallback: 30_000 });
    fault = mode;
  }
  sendJson(res, 200, { mode: fault, calls });
}

function stop(): void {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  unused.destroy();
  // A client that keeps its connection busy must not delay the shutdown.
  setTimeout(() => server.closeAllConnections(), 5000).unref();
}
