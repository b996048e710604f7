import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from './lib/database';
import { HttpError, integer, readJson, sendJson } from './lib/http';
import { createLog, errorText, instance, logCrashes, version } from './lib/log';
import { allOk, checkDependencies } from './lib/readiness';
import { atLeast, port, Settings, urlOf } from './lib/settings';
import { unusedConnections } from './lib/unused';

const FAULTS = ['none', '401', '500', 'slow', 'page', 'no-ai'] as const;
type Fault = (typeof FAULTS)[number];

const log = createLog('data-provider');
logCrashes(log);
/** Somebody else's data-provider: needs nothing but its key, and a test can make it misbehave while it runs. */
const hosted = process.env.STANDIN_HOSTED === '1';
const env = readEnvironment();
const pool = env.databaseUrl ? openDatabase(env.databaseUrl, log, 2) : undefined;

let fault: Fault = 'none';
let slowMs = 30_000;
const calls = { health: 0, authorized: 0, unauthorized: 0 };

const answer = (req: IncomingMessage, res: ServerResponse): void => void respond(req, res);
const certificate = tlsFiles();
const server = certificate ? createHttps(certificate, answer) : createHttp(answer);
const unused = unusedConnections(server);

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
log.info('🚀 Starting Scani data-provider', { port: env.port, host: env.host, hosted, tls: Boolean(certificate) });
server.listen(env.port, env.host, () => log.info('Server listening', { port: env.port }));

function readEnvironment() {
  const settings = new Settings('data-provider');
  const key = settings.required('DATA_PROVIDER_API_KEY', atLeast(16));
  const read = { key, port: Number(settings.required('PORT', port)), host: settings.required('HOST') };
  if (hosted) {
    settings.settle();
    return { ...read, databaseUrl: undefined, redisUrl: undefined };
  }
  settings.common();
  settings.required('BETTER_AUTH_SECRET', atLeast(32));
  const databaseUrl = settings.required('DATABASE_URL', urlOf('postgres:', 'postgresql:'));
  const redisUrl = settings.required('REDIS_URL', urlOf('redis:', 'rediss:'));
  settings.settle();
  return { ...read, databaseUrl, redisUrl };
}

/** A certificate given as text, or with STANDIN_TLS=1 the image's own, which the other stand-ins trust. */
function tlsFiles(): { cert: string | Buffer; key: string | Buffer } | undefined {
  const { STANDIN_TLS_CERT: cert, STANDIN_TLS_KEY: key, STANDIN_TLS } = process.env;
  if (cert && key) return { cert, key };
  if (STANDIN_TLS !== '1') return undefined;
  return { cert: readFileSync('/etc/standin/tls.crt'), key: readFileSync('/etc/standin/tls.key') };
}

async function respond(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const path = new URL(req.url ?? '/', 'http://data-provider').pathname;
  res.setHeader('x-scani-instance', instance);
  try {
    if (hosted && path.startsWith('/standin/')) return await control(req, res, path);
    if (fault === 'slow') await delay(slowMs);
    if (fault === '500') return sendJson(res, 500, { error: 'Internal Server Error' });
    if (fault === 'page') {
      res.writeHead(200, { 'content-type': 'text/html' });
      res.end('<!doctype html><title>Welcome</title><p>Please log in to this network.</p>');
      return;
    }
    if (path === '/health') {
      calls.health++;
      return sendJson(res, 200, { status: 'ok', service: 'data-provider', version });
    }
    // The api's deep health asks for this one without a key.
    if (path === '/health/r2') return sendJson(res, 200, { ok: true, latencyMs: 0 });
    const refusal = unauthorized(req);
    if (refusal) {
      calls.unauthorized++;
      const data = { code: 'UNAUTHORIZED', httpStatus: 401, path: path.replace(/^\/trpc\//, '') };
      return sendJson(res, 401, { error: { message: refusal, code: -32001, data } });
    }
    calls.authorized++;
    await call(res, path);
  } catch (error) {
    if (error instanceof HttpError) return sendJson(res, error.status, { error: error.message });
    log.error('💥 HTTP Request failed', { path, error: errorText(error) });
    sendJson(res, 500, { error: 'Internal Server Error' });
  }
}

function unauthorized(req: IncomingMessage): string | undefined {
  const [, given] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? [];
  if (!given) return 'Missing API key';
  const [a, b] = [Buffer.from(given), Buffer.from(env.key)];
  return fault !== '401' && a.length === b.length && timingSafeEqual(a, b) ? undefined : 'Invalid API key';
}

async function call(res: ServerResponse, path: string): Promise<void> {
  const data = (value: unknown): void => sendJson(res, 200, { result: { data: value } });
  switch (path) {
    case '/trpc/ai.status': {
      const availableProviders = fault === 'no-ai' ? [] : ['openai'];
      return data({ availableProviders, hasAvailableProvider: availableProviders.length > 0 });
    }
    case '/trpc/chains.listConfigs':
      return data([{ id: 'bitcoin' }, { id: 'ethereum' }]);
    case '/trpc/pricing.fetchCurrentPrice':
      return data({ symbol: 'BTC', currency: 'USD', price: '100000.00' });
    case '/health/deep': {
      const checks = pool && env.redisUrl ? await checkDependencies(pool, env.redisUrl) : {};
      return sendJson(res, allOk(checks) ? 200 : 503, { status: allOk(checks) ? 'ok' : 'degraded', checks });
    }
    default:
      return sendJson(res, 404, { error: { message: 'No such procedure', data: { code: 'NOT_FOUND', httpStatus: 404 } } });
  }
}

/** The test's hand on a hosted endpoint: how it misbehaves, and who called it. */
async function control(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
  if (req.method === 'POST' && path === '/standin/fault') {
    const body = await readJson(req);
    const mode = FAULTS.find((known) => known === body.mode);
    if (!mode) return sendJson(res, 400, { error: `mode must be one of ${FAULTS.join(', ')}` });
    slowMs = integer(body.ms, 'ms', { min: 0, max: 600_000, fallback: 30_000 });
    fault = mode;
  }
  sendJson(res, 200, { mode: fault, calls });
}

function stop(): void {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  unused.destroy();
  // A client that keeps its connection busy may not hold a one-box shutdown up.
  setTimeout(() => server.closeAllConnections(), 5000).unref();
}
