import { composeUp, dockerCopyWithin, dockerPsql, dockerPutFirst } from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";
import { identifier } from "../../backup/server";
import type { Block } from "../../../util/ipv4";
import type { Login } from "../../install/data/databaseUrl";
import { postgresDataPath } from "../../install/data/postgresData";
import type { ComposeContainer, ComposeProject } from "../compose/project";
import type { AdoptEvidence } from "../evidence";
import { brokenRules, entryOf, passwordMethod, renderRule } from "./hostRules";

/** Port at which a release reaches Postgres. */
export const postgresPort = "5432";

/** Returns the port in a URL of a database. Pure. */
export function portIn(url = ""): string {
  return (URL.canParse(url) && new URL(url).port) || postgresPort;
}

/** The project's Postgres, and how Scani logs in to it. */
interface Reached {
  readonly project: ComposeProject;
  readonly postgres: ComposeContainer;
  readonly login: Pick<Login, "role" | "database">;
  /** Ranges that base's network will be in. */
  readonly ranges: readonly Block[];
}

/** Refuses a Postgres at another port than a release's, at which all other questions are asked. Pure. */
export function portProblem({ project, postgres }: Reached, port: string): Problem {
  return {
    what: `DATABASE_URL names port ${port} of ${postgres.name}, and a release reaches Postgres at ${postgresPort} alone.`,
    why: `Let it listen at ${postgresPort} within compose's networks: take the other port out of its command, its environment (PGPORT) or its settings, and out of DATABASE_URL in the .env file beside the compose file, and let compose apply it. A port it publishes may stay.`,
    type: composeUp(project),
  };
}

/** Returns every reason why a release could not reach or enter the Postgres, borrowed or base's own. Pure. */
export function reachProblems(reached: Reached, database: AdoptEvidence["database"]): Problem[] {
  const { project, postgres, login } = reached;
  const { rules = [], rulesFile, start = {} } = database ?? {};
  const psql = (words: string) => dockerPsql(postgres.name, login.role, words);
  const { port = postgresPort, listen_addresses: listens = "*" } = start;
  return [
    ...(port === postgresPort
      ? []
      : [
          {
            what: `The settings in the data of ${postgres.name} name port ${port}, which its command overrides, and a release reaches base's own Postgres at ${postgresPort} alone.`,
            type: psql(`alter system set port = ${postgresPort}`),
          },
        ]),
    ...(listens.split(",").some((one) => ["*", "0.0.0.0"].includes(one.trim()))
      ? []
      : [
          {
            what: `By the settings in the data of ${postgres.name} alone it listens on ${listens || "no address"} (listen_addresses), where no release reaches base's own Postgres.`,
            why: "Its command, or a file outside its data, may say otherwise now, which does not come along.",
            type: psql("alter system set listen_addresses = '*'"),
          },
        ]),
    ...(rulesFile === undefined
      ? []
      : [
          {
            what: `${postgres.name} reads its login rules (hba_file) from ${rulesFile} by its command, or by a file outside its data, and base's own has those in the data.`,
            why: "The first copies them there. Take hba_file out of the compose file before the second.",
            type: [dockerCopyWithin(postgres.name, rulesFile, dataRules), composeUp(project)],
          },
        ]),
    ...brokenRules(rules).map(({ line, error }) => ({
      what: `Line ${line} of pg_hba.conf in the data of ${postgres.name} cannot be read (${error}), and base's own Postgres would not start on it.`,
      type: psql("select line_number, error from pg_hba_file_rules where error is not null"),
    })),
    ...keptOutProblems(reached, database),
  ];
}

const dataRules = `${postgresDataPath}/pg_hba.conf`;

/** True where the rules are known, and a release would not be let in by them whatever its password is. Pure. */
export function isKeptOut(
  { login, ranges }: Pick<Reached, "login" | "ranges">,
  database: AdoptEvidence["database"],
): boolean {
  const { rules = [] } = database ?? {};
  return rules.length > 0 && brokenRules(rules).length === 0 && entryOf(rules, login, ranges).is !== "let in";
}

function keptOutProblems(reached: Reached, database: AdoptEvidence["database"]): Problem[] {
  const { rules = [] } = database ?? {};
  if (!isKeptOut(reached, database)) return [];
  const { postgres, login, ranges } = reached;
  const entry = entryOf(rules, login, ranges);
  const cause =
    entry.is === "refused"
      ? `line ${entry.by.line} of its pg_hba.conf says otherwise (${renderRule(entry.by)})`
      : "no line of its pg_hba.conf does";
  const line = `host ${identifier(login.database)} ${identifier(login.role)} samenet ${passwordMethod(rules)}`;
  return [
    {
      what: `${postgres.name} does not let ${login.role} in from every network without TLS, as a release comes: ${cause}.`,
      why: "A release reaches Postgres over a network of base's own that both are on, whose addresses are not compose's. This puts a line first that lets it in with the password:",
      type: [
        dockerPutFirst(postgres.name, line, dataRules),
        dockerPsql(postgres.name, login.role, "select pg_reload_conf()"),
      ],
    },
  ];
}
