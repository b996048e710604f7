import { hostname } from "node:os";

export type Fields = Record<string, unknown>;

const LEVELS = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
type Level = keyof typeof LEVELS;

export type Log = Record<Level, (msg: string, fields?: Fields) => void>;

export const version = process.env.STANDIN_VERSION ?? "unknown";
export const instance = hostname();
/** Fault this image shows, set by its tag; empty in a good one. */
export const fault = process.env.STANDIN_FAULT ?? "";

/**
 * Creates a logger that writes one JSON object a line, in the shape of Scani's own (pino with a pid, a hostname and a
 * service).
 */
export function createLog(service: string): Log {
  const threshold = LEVELS[(process.env.LOG_LEVEL ?? "info").toLowerCase() as Level] ?? LEVELS.info;
  const at =
    (level: Level) =>
    (msg: string, fields: Fields = {}): void => {
      if (LEVELS[level] < threshold) return;
      const head = { level: LEVELS[level], timestamp: new Date().toISOString(), pid: process.pid };
      const who = { hostname: instance, service, version };
      process.stdout.write(
        `${JSON.stringify({ ...head, ...who, ...fields, environment: process.env.NODE_ENV, msg })}\n`,
      );
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), fatal: at("fatal") };
}

export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Logs a crash as one JSON line too, never as a stack, which could contain a connection string. */
export function logCrashes(log: Log): void {
  const die = (error: unknown): void => {
    log.fatal("Uncaught exception, shutting down", { error: errorText(error) });
    process.exit(1);
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);
}
