import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { HttpError, readJson, sendJson } from "./http";

/** Names of tRPC's errors, with their number on the wire and their HTTP status. */
const CODES = {
  BAD_REQUEST: [-32600, 400],
  UNAUTHORIZED: [-32001, 401],
  FORBIDDEN: [-32003, 403],
  NOT_FOUND: [-32004, 404],
  INTERNAL_SERVER_ERROR: [-32603, 500],
} as const;

export class ProcedureError extends Error {
  constructor(
    readonly code: keyof typeof CODES,
    message: string,
  ) {
    super(message);
  }
}

/** One procedure; `context` is what its router gives to each, such as the user. */
export interface Procedure<Context> {
  kind: "query" | "mutation";
  answer(input: unknown, context: Context): Promise<unknown>;
}

export type Router<Context> = Record<string, Procedure<Context>>;

/** Returns a procedure whose input is checked before it runs. */
export function procedure<Context, Input extends z.ZodType>(
  kind: Procedure<Context>["kind"],
  input: Input,
  run: (input: z.infer<Input>, context: Context) => unknown,
): Procedure<Context> {
  return {
    kind,
    answer: async (given, context) => {
      const checked = input.safeParse(given);
      if (!checked.success) throw new ProcedureError("BAD_REQUEST", JSON.stringify(checked.error.issues));
      return run(checked.data, context);
    },
  };
}

/** Returns true for paths that tRPC answers. */
export const isTrpc = (path: string): boolean => path.startsWith("/trpc/");

/**
 * Answers a tRPC request over HTTP: a single call or, as tRPC's own clients send, a batch (`?batch=1`, names with
 * commas, inputs by number).
 * @param contextOf returns the context of every call of this request; an error it throws answers each call
 */
export async function answerTrpc<Context>(
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
  router: Router<Context>,
  contextOf: () => Context | Promise<Context>,
): Promise<void> {
  const names = decodeURIComponent(url.pathname.slice("/trpc/".length)).split(",");
  const batch = url.searchParams.get("batch") === "1";
  const kind = req.method === "POST" ? "mutation" : "query";
  const inputs = await inputsOf(req, url, kind);
  const call = async (name: string, index: number): Promise<{ status: number; body: unknown }> => {
    try {
      const known = Object.hasOwn(router, name) ? router[name] : undefined;
      if (!known || known.kind !== kind)
        throw new ProcedureError("NOT_FOUND", `No "${kind}"-procedure on path "${name}"`);
      const data = await known.answer(
        batch ? (inputs as Record<string, unknown> | undefined)?.[index] : inputs,
        await contextOf(),
      );
      return { status: 200, body: { result: { data } } };
    } catch (error) {
      const failure =
        error instanceof ProcedureError
          ? error
          : new ProcedureError("INTERNAL_SERVER_ERROR", error instanceof Error ? error.message : String(error));
      const [code, httpStatus] = CODES[failure.code];
      return {
        status: httpStatus,
        body: { error: { message: failure.message, code, data: { code: failure.code, httpStatus, path: name } } },
      };
    }
  };
  const answers = await Promise.all((batch ? names : [names.join(",")]).map(call));
  const statuses = new Set(answers.map(({ status }) => status));
  const status = statuses.size === 1 ? (answers[0]?.status ?? 200) : 207;
  sendJson(res, status, batch ? answers.map(({ body }) => body) : answers[0]?.body);
}

async function inputsOf(req: IncomingMessage, url: URL, kind: "query" | "mutation"): Promise<unknown> {
  if (kind === "mutation") return readJson(req);
  const input = url.searchParams.get("input");
  if (input === null) return undefined;
  try {
    return JSON.parse(input) as unknown;
  } catch {
    throw new HttpError(400, "input must be JSON");
  }
}
