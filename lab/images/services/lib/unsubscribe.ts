import type { ServerResponse } from "node:http";
import type { Pool } from "pg";

const LINK = /^\/e\/([ua])\/([^/]+)$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Columns of the two kinds of mail a link can end, by the link's letter. */
const COLUMNS = { u: "digest_off_at", a: "alerts_off_at" } as const;

export const isUnsubscribe = (path: string): boolean => LINK.test(path);

/** Ends one kind of mail for the token's user, at the first click. */
export async function unsubscribe(res: ServerResponse, path: string, pool: Pool): Promise<void> {
  const [, kind, token] = LINK.exec(path) as unknown as [string, keyof typeof COLUMNS, string];
  const column = COLUMNS[kind];
  const ended = UUID.test(token)
    ? await pool.query(`update users set ${column} = coalesce(${column}, now()) where unsubscribe_token = $1`, [token])
    : undefined;
  const known = ended?.rowCount === 1;
  const title = known ? "Unsubscribed" : "Link not recognised";
  res.writeHead(known ? 200 : 404, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
  res.end(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  );
}
