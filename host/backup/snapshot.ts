import type { Attached } from "../engine/docker/attached";
import { OperatorError } from "../../util/operatorError";
import type { Table } from "./manifest";
import { psql, type Server } from "./server";

/** Description of a snapshot. */
export interface SnapshotHead {
  /** Name by which another session imports it. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly postgres: string;
  readonly databaseBytes: number;
}

/** Seconds to wait for a table that is locked against reading. */
export const lockSeconds = 60;

/**
 * Input for psql that counts the rows of every table, printing one JSON object a line. Leaves out tables of extensions,
 * as pg_dump does.
 */
export const countQueries = `select format('select json_build_object(''schema'', %L::text, ''name'', %L::text, ''rows'', count(*)) from only %I.%I', n.nspname, c.relname, n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname, c.relname \\gexec
`;

const opening = `begin isolation level repeatable read read only;
set local statement_timeout = 0;
set local lock_timeout = '${lockSeconds}s';
set local idle_in_transaction_session_timeout = 0;
set local row_security = off;
select json_build_object('id', pg_export_snapshot(), 'at', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'postgres', current_setting('server_version'), 'databaseBytes', pg_database_size(current_database()));
`;

/** Line after the last table. */
const counted = "true";

/** A snapshot of the database, held open so that the dump and the row counts agree while others write. */
export class Snapshot {
  private constructor(
    readonly head: SnapshotHead,
    readonly tables: Promise<Table[]>,
    private readonly session: Attached,
  ) {}

  /** Opens a snapshot and begins to count. @throws OperatorError with psql's own message */
  static async open(server: Server): Promise<Snapshot> {
    const session = await server.attach(psql);
    session.stdin.write(`${opening}${countQueries}select '${counted}'::json;\n`);
    const lines = linesOf(session.stdout);
    const first = await lines.next();
    if (first.done === true)
      throw new OperatorError({ what: `The database cannot be read: ${(await session.ended).errors}` });
    const tables = rest(lines, session);
    tables.catch(() => undefined);
    return new Snapshot(JSON.parse(first.value) as SnapshotHead, tables, session);
  }

  /** Ends the snapshot. */
  close(): void {
    this.session.cut();
  }
}

async function rest(lines: AsyncIterator<string>, session: Attached): Promise<Table[]> {
  const tables: Table[] = [];
  for (;;) {
    const { value, done } = await lines.next();
    if (done === true)
      throw new OperatorError({ what: `The tables cannot be counted: ${(await session.ended).errors}` });
    if (value === counted) return tables;
    tables.push(JSON.parse(value) as Table);
  }
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let pending = Buffer.alloc(0);
  for await (const chunk of stream) {
    pending = Buffer.concat([pending, chunk]);
    for (let at = pending.indexOf("\n"); at >= 0; at = pending.indexOf("\n")) {
      yield pending.toString("utf8", 0, at);
      pending = pending.subarray(at + 1);
    }
  }
}
