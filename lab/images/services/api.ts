import { buffer } from "node:stream/consumers";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import { Cloud } from "./lib/cloud";
import { openDatabase } from "./lib/database";
import { HttpError, integer, readJson, sendJson, text } from "./lib/http";
import { countJobs, enqueue } from "./lib/jobs";
import { Limiter } from "./lib/limiter";
import { createLog, errorText, fault, instance, logCrashes, version } from "./lib/log";
import { importsOf, pageRouter } from "./lib/page";
import { allOk, check, checkDependencies, type Checks } from "./lib/readiness";
import { RedisCounters } from "./lib/redis";
import { seal, sealingKey, unseal } from "./lib/sealing";
import { atLeast, cloudUrl, noPath, optionalUrl, port, publicUrl, Settings, urlOf } from "./lib/settings";
import { isAttempt, isSignIn, SignIn } from "./lib/signIn";
import { answerTrpc, isTrpc, ProcedureError } from "./lib/trpc";
import { effectiveCloudUrl, tierOf } from "./lib/tier";
import { isUnsubscribe, unsubscribe } from "./lib/unsubscribe";
import { unusedConnections } from "./lib/unused";

/** Milliseconds requests in flight get on SIGTERM; longer than the worker's drain would only hide a stuck one. */
const DRAIN_MS = 25_000;

const log = createLog("api");
logCrashes(log);
const env = readEnvironment();
const tier = tierOf(env.cloudUrl);

let stopping = false;
let sick = false;
let sickening: NodeJS.Timeout | undefined;

const pool = openDatabase(env.databaseUrl, log);
const cloud = new Cloud(env.cloudUrl, env.cloudKey);
const signIn = SignIn.open({
  pool,
  cloud,
  secret: env.authSecret,
  frontendUrl: env.frontendUrl,
  backendUrl: env.backendUrl,
  cookieDomain: env.cookieDomain,
});
const key = sealingKey(env.encryptionKey);
const router = pageRouter(pool, cloud);
const counters = new RedisCounters(env.redisUrl, 250);
const limits = {
  all: new Limiter(counters, "rl:standard", 300, 60),
  attempts: new Limiter(counters, "rl:signup", 6, 3600),
  sockets: new Limiter(counters, "rl:strict", 30, 60),
};
const server = createServer((req, res) => void respond(req, res));
const unused = unusedConnections(server);
const sockets = acceptWebsockets(server);

start();

function readEnvironment() {
  const settings = new Settings("api");
  settings.common();
  const read = {
    databaseUrl: settings.required("DATABASE_URL", urlOf("postgres:", "postgresql:")),
    redisUrl: settings.required("REDIS_URL", urlOf("redis:", "rediss:")),
    port: Number(settings.required("PORT", port)),
    host: settings.required("HOST"),
    frontendUrl: settings.required("FRONTEND_URL", publicUrl),
    backendUrl: settings.required("BACKEND_URL", publicUrl, noPath),
    authSecret: settings.required("BETTER_AUTH_SECRET", atLeast(32)),
    encryptionKey: settings.required("ENCRYPTION_KEY", atLeast(32)),
    cloudUrl: settings.required("SCANI_CLOUD_URL", cloudUrl),
    cloudKey: settings.required("SCANI_CLOUD_API_KEY", atLeast(16)),
    cookieDomain: settings.optional("COOKIE_DOMAIN"),
  };
  settings.required("JOBS_HMAC_SECRET", atLeast(32));
  settings.optional("SCREENSHOT_BOT_SECRET", atLeast(32));
  settings.optional("SENTRY_DSN", optionalUrl);
  settings.settle();
  return { ...read, cloudUrl: effectiveCloudUrl(read.cloudUrl, fault) };
}

function start(): void {
  const where = { port: env.port, host: env.host, nodeEnv: process.env.NODE_ENV, frontendUrl: env.frontendUrl };
  log.info("🚀 Starting Scani Backend Server", { ...where, scaniCloudUrl: env.cloudUrl });
  if (fault === "api-guide-log") log.info(`tier=${tier} cloudUrl=${env.cloudUrl}`);
  if (fault === "api-crash") setTimeout(() => crash(), 1000);
  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
  // Keep idle connections longer than any proxy does, or a request sometimes meets one that is just being closed.
  server.keepAliveTimeout = 120_000;
  server.listen(env.port, env.host, () => log.info("Server listening", { port: env.port }));
}

function crash(): never {
  log.fatal("Uncaught exception, shutting down", { error: "stand-in fault api-crash" });
  process.exit(1);
}

async function respond(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? "/", "http://api");
  res.setHeader("x-scani-instance", instance);
  res.setHeader("x-scani-tier", tier);
  res.setHeader("x-scani-version", version);
  // The exit would cut a kept-alive connection, so the last response on each announces that it closes.
  if (stopping) res.setHeader("connection", "close");
  res.on("finish", () => stopping && server.closeIdleConnections());
  try {
    await route(req, res, url);
  } catch (error) {
    const status = error instanceof HttpError ? error.status : 500;
    if (status === 500)
      log.error("💥 HTTP Request failed", { method: req.method, path: url.pathname, error: errorText(error) });
    if (res.headersSent) res.destroy();
    else sendJson(res, status, { error: errorText(error) });
  }
}

async function route(req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
  const method = req.method === "HEAD" ? "GET" : req.method;
  // Liveness depends on nothing, not even on the limiter.
  if (method === "GET" && url.pathname === "/health") return sendJson(res, 200, { status: "ok", service: "api" });
  if (await refused(req, res, limits.all)) return;
  if (method === "GET" && url.pathname === "/readyz") return ready(res);
  if (method === "GET" && url.pathname === "/health/deep") return deepHealth(res);
  if (fault === "api-sick-late") sicken();
  const credential = /^\/credentials\/([^/]+)$/.exec(url.pathname)?.[1];
  if (method === "GET" && credential) return readCredential(req, res, decodeURIComponent(credential));
  if (isSignIn(url.pathname)) {
    if (isAttempt(url.pathname) && (await refused(req, res, limits.attempts))) return;
    return (await signIn).answer(req, res);
  }
  if (isTrpc(url.pathname)) return answerTrpc(req, res, url, router, () => userOf(req));
  if (method === "GET" && isUnsubscribe(url.pathname)) return unsubscribe(res, url.pathname, pool);
  const handler = ROUTES[`${method} ${url.pathname}`];
  if (!handler) throw new HttpError(404, "Not Found");
  await handler(req, res, url);
}

/** Returns true when this request exceeded its address' limit, in which case it has been answered. */
async function refused(req: IncomingMessage, res: ServerResponse, limiter: Limiter): Promise<boolean> {
  const retryAfterSec = await limiter.take(req);
  if (retryAfterSec === undefined) return false;
  res.setHeader("retry-after", retryAfterSec);
  sendJson(res, 429, { error: "Too Many Requests", retryAfterSec });
  return true;
}

async function userOf(req: IncomingMessage) {
  const user = await (await signIn).user(req);
  if (!user) throw new ProcedureError("UNAUTHORIZED", "Authentication required");
  return user;
}

type Handler = (req: IncomingMessage, res: ServerResponse, url: URL) => Promise<void> | void;

const ROUTES: Record<string, Handler> = {
  "GET /": (_req, res) => sendJson(res, 200, { status: "ok", service: "api", tier, instance, version }),
  "GET /whoami": (_req, res) => sendJson(res, 200, { tier, instance, version }),
  "GET /imports": async (req, res) => sendJson(res, 200, await importsOf(pool, await (await signIn).require(req))),
  "POST /credentials": async (req, res) => {
    const user = await (await signIn).require(req);
    const body = await readJson(req);
    await pool.query(
      `insert into credentials (user_id, name, sealed) values ($1, $2, $3)
       on conflict (user_id, name) do update set sealed = excluded.sealed`,
      [user.id, text(body, "name"), seal(key, text(body, "secret"))],
    );
    sendJson(res, 201, { name: body.name });
  },
  "POST /rows": async (req, res) => {
    const added = await pool.query<{ id: string }>("insert into rows (text) values ($1) returning id", [
      text(await readJson(req), "text"),
    ]);
    sendJson(res, 201, { id: Number(added.rows[0]?.id) });
  },
  "GET /rows": async (_req, res) => {
    const summed = await pool.query<{ count: number; checksum: string }>(`
      select count(*)::int as count,
        encode(sha256(convert_to(coalesce(string_agg(id || ':' || text, E'\\n' order by id), ''), 'UTF8')), 'hex') as checksum
      from rows`);
    sendJson(res, 200, summed.rows[0]);
  },
  "POST /jobs": async (req, res) => {
    const body = await readJson(req);
    const count = integer(body.n, "n", { min: 1, max: 100_000 });
    const ms = integer(body.ms, "ms", { min: 0, max: 600_000, fallback: 0 });
    const ids = await enqueue(pool, count, typeof body.kind === "string" ? body.kind : "plain", ms);
    sendJson(res, 202, { sent: ids.length, first: Number(ids[0]), last: Number(ids.at(-1)) });
  },
  "GET /jobs": async (_req, res) => sendJson(res, 200, await countJobs(pool)),
  "GET /workers": async (_req, res) =>
    sendJson(res, 200, (await pool.query("select * from worker_log order by started_at")).rows),
  "GET /slow": slow,
  "GET /prices": prices,
  "POST /echo": async (req, res) => {
    // Read the whole request before responding: a proxy may cut a response that overtakes its request.
    const body = await buffer(req);
    res.writeHead(200, {
      "content-type": req.headers["content-type"] ?? "application/octet-stream",
      "content-length": body.length,
    });
    res.end(body);
  },
};

async function ready(res: ServerResponse): Promise<void> {
  const checks = await checkDependencies(pool, env.redisUrl);
  const process = processCheck();
  if (process) checks.process = { ok: false, latencyMs: 0, error: process };
  const ok = allOk(checks);
  sendJson(res, ok ? 200 : 503, { status: ok ? "ok" : "error", timestamp: new Date().toISOString(), checks });
}

/** Returns why this process itself is not ready, apart from its dependencies; undefined if it is. */
function processCheck(): string | undefined {
  if (stopping) return "shutting down";
  if (sick) return "stand-in fault api-sick-late";
  return fault === "api-unready" || fault === "api-crash" ? `stand-in fault ${fault}` : undefined;
}

async function deepHealth(res: ServerResponse): Promise<void> {
  const checks: Checks = await checkDependencies(pool, env.redisUrl);
  checks.r2 = await check(async () => {
    const answer = await fetch(new URL("/health/r2", env.cloudUrl), { signal: AbortSignal.timeout(3000) });
    if (!answer.ok) throw new Error(`data-provider /health/r2 returned ${answer.status}`);
  });
  const hasAi = Boolean(process.env.OPENAI_API_KEY);
  checks.ai = { ok: hasAi, latencyMs: 0, ...(hasAi ? {} : { error: "no AI provider configured" }) };
  const ok = allOk(checks);
  sendJson(res, ok ? 200 : 503, { status: ok ? "ok" : "degraded", timestamp: new Date().toISOString(), checks });
}

/** Makes this process fail its requests from two seconds after the first one that is not a probe. */
function sicken(): void {
  if (sick) throw new HttpError(500, "stand-in fault api-sick-late");
  sickening ??= setTimeout(() => (sick = true), 2000);
}

async function readCredential(req: IncomingMessage, res: ServerResponse, name: string): Promise<void> {
  const user = await (await signIn).require(req);
  const found = await pool.query<{ sealed: Buffer }>(
    "select sealed from credentials where user_id = $1 and name = $2",
    [user.id, name],
  );
  const sealed = found.rows[0]?.sealed;
  if (!sealed) throw new HttpError(404, "no such credential");
  let secret: string;
  try {
    secret = unseal(key, sealed);
  } catch {
    throw new HttpError(422, "credential unreadable: sealed with another ENCRYPTION_KEY");
  }
  sendJson(res, 200, { name, secret });
}

/** Sends a long response, to see that a flip or a stop cuts nobody off: the last line is `done`. */
async function slow(_req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
  const ms = integer(url.searchParams.get("ms"), "ms", { min: 0, max: 600_000, fallback: 20_000 });
  const chunks = integer(url.searchParams.get("chunks"), "chunks", { min: 1, max: 10_000, fallback: 20 });
  const gone = new AbortController();
  res.on("close", () => gone.abort());
  res.writeHead(200, { "content-type": "text/plain" });
  for (let sent = 1; sent <= chunks && !gone.signal.aborted; sent++) {
    await delay(ms / chunks, undefined, { signal: gone.signal }).catch(() => undefined);
    res.write(`${sent}/${chunks} ${instance}\n`);
  }
  res.end("done\n");
}

/** Asks the data-provider for what the dashboard needs and passes its response on, so a bad key shows as 401. */
async function prices(_req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const answer = await fetch(new URL("/trpc/ai.status", env.cloudUrl), {
      headers: { authorization: `Bearer ${env.cloudKey}` },
      signal: AbortSignal.timeout(10_000),
    });
    const body = await answer.text();
    res.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
    res.end(body);
  } catch (error) {
    const cause = error instanceof Error && error.cause ? `: ${errorText(error.cause)}` : "";
    throw new HttpError(502, `data-provider unreachable: ${errorText(error)}${cause}`);
  }
}

function acceptWebsockets(http: Server): WebSocketServer {
  const accepting = new WebSocketServer({ noServer: true });
  http.on("upgrade", (req, socket, head) => {
    const path = new URL(req.url ?? "/", "http://api").pathname;
    if (stopping || (path !== "/" && path !== "/ws")) {
      socket.end(`HTTP/1.1 ${stopping ? "503 Service Unavailable" : "404 Not Found"}\r\nconnection: close\r\n\r\n`);
      return;
    }
    accepting.handleUpgrade(req, socket, head, (ws) => void greet(ws, req));
  });
  return accepting;
}

/**
 * Accepts a websocket without a session and closes it with a code, as the real api does: a page cannot read a refused
 * upgrade.
 */
async function greet(ws: WebSocket, req: IncomingMessage): Promise<void> {
  ws.on("error", (error) => log.warn("WebSocket error", { error: errorText(error) }));
  ws.on("message", (data: Buffer) => ws.send(JSON.stringify({ type: "echo", data: data.toString() })));
  try {
    if (await limits.sockets.take(req)) return ws.close(4429, "Too Many Requests");
    if (!(await (await signIn).user(req))) return ws.close(4401, "Unauthorized");
    ws.send(
      JSON.stringify({ type: "connected", tier, release: version, instance, timestamp: new Date().toISOString() }),
    );
  } catch (error) {
    log.error("Auth failure", { error: errorText(error) });
    ws.close(1011, "Auth failure");
  }
}

async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info("🛑 Graceful shutdown initiated", { signal, websockets: sockets.clients.size });
  setTimeout(() => {
    log.error("⏱️ Shutdown cap reached — forcing exit", { capMs: DRAIN_MS });
    process.exit(1);
  }, DRAIN_MS).unref();
  for (const ws of sockets.clients) {
    ws.send(JSON.stringify({ type: "shutdown", retryAfterMs: 1000 }));
    ws.close(1001, "shutting down");
  }
  // A client that never answers the close must not delay the exit.
  setTimeout(() => sockets.clients.forEach((ws) => ws.terminate()), 1000).unref();
  await closeServer();
  counters.close();
  await pool.end();
  log.info("🏁 Graceful shutdown completed");
  process.exit(0);
}

function closeServer(): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    unused.destroy();
  });
}
