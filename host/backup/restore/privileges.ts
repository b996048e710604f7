import { quoted } from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";
import { readEntries } from "../dump";
import type { Backup } from "../folder";
import { psql, type Server } from "../server";

/** A statement on privileges that the server refused. */
export interface Refused {
  /** SQL. */
  readonly statement: string;
  /** In the server's words. */
  readonly why: string;
}

/**
 * Gives a loaded database the privileges of its backup, each by itself: the server may lack a role, or not let the login
 * grant for another one.
 * @param contents table of contents of the backup
 * @returns what the server refused
 * @throws OperatorError when they cannot be read from the backup
 */
export async function givePrivileges(
  server: Server,
  { path }: Backup,
  contents: string,
  database: string,
  signal: AbortSignal,
): Promise<Refused[]> {
  const sql = await readEntries(server, path, privilegeEntries(contents), signal);
  // Of each refused statement psql writes the error and the statement to standard error, and goes on.
  const going = [...psql, "-v", "ON_ERROR_STOP=0", "--echo-errors"];
  return refusedIn(await server.run(["sh", "-c", 'exec "$@" 2>&1', "sh", ...going], { input: sql, database }));
}

/** Returns the numbers of the entries on privileges in a table of contents. Pure. */
export function privilegeEntries(contents: string): number[] {
  return [...contents.matchAll(/^(\d+); \d+ \d+ (?:DEFAULT )?ACL /gm)].map(([, number]) => Number(number));
}

/** Parses the refused statements on privileges from psql's output. Pure. */
export function refusedIn(output: string): Refused[] {
  const refused: Refused[] = [];
  let why = "";
  for (const line of output.split("\n")) {
    const [, kind, text = ""] = /(?:^|: )(ERROR|STATEMENT): +(.*)$/.exec(line) ?? [];
    if (kind === "ERROR") why = text;
    // Others only set up the session, as to grant in another role's name.
    if (kind === "STATEMENT" && /^(?:GRANT|REVOKE|ALTER DEFAULT PRIVILEGES) /.test(text))
      refused.push({ statement: text, why });
  }
  return refused;
}

/** Statements that are printed of many. */
const mostPrinted = 10;

/** Describes what was refused, with what gives it later. Pure. @param database name of the restored one, in use */
export function refusedProblem(refused: readonly Refused[], { byHand, database }: Server): Problem {
  const whys = [...new Set(refused.map(({ why }) => why))];
  const more = refused.length > mostPrinted ? `; the first ${mostPrinted} are` : "";
  return {
    what: `The server refused ${refused.length === 1 ? "a privilege" : `${refused.length} privileges`} of the backup: ${whys.slice(0, mostPrinted).join(", ")}. The data is whole.`,
    why: `Where somebody still needs them, create the roles, and give the privileges by hand${more}:`,
    type: refused
      .slice(0, mostPrinted)
      .map(({ statement }) => byHand("psql", `-d ${quoted(database)} -c ${quoted(statement)}`)),
  };
}
