import {
  dockerContainersNamed,
  dockerDisconnect,
  dockerForceDisconnect,
  dockerForceRemove,
  dockerNetworks,
  dockerNetworkUsers,
  dockerRemove,
  dockerRemoveNetwork,
  restartDocker,
  whoListens,
} from "../../util/commands";
import { messageOf, OperatorError, type Problem } from "../../util/operatorError";
import { statusOf } from "./engine";

/** Object that the engine refused to change, with what is known about it. */
export interface Subject {
  readonly kind: "container" | "network" | "volume";
  /** Docker's name. */
  readonly name: string;
  /** True where only Pulumi's name of the resource is known, which Docker's contains: no command may go by it. */
  readonly isResource?: boolean;
  /**
   * Names of containers in the way: those on a network, with a volume mounted, or that have a container's address.
   * Undefined where nobody could look.
   */
  readonly holders?: readonly string[];
  /** Network on which they have the address. */
  readonly network?: string;
  /** Network a container was to be connected to, with the static address it was to have there. */
  readonly joins?: { readonly network: string; readonly address?: string };
  /** Command that creates the container again, for one that may be removed. */
  readonly recreate?: string;
  /** True where `restartDocker` restarts the engine. */
  readonly isSystemService?: boolean;
}

/** A refusal by the engine in the operator's words, with its HTTP status. */
export class EngineRefusal extends OperatorError {
  readonly statusCode: number | undefined;

  constructor(
    problem: Problem,
    readonly subject: Subject,
    cause: unknown,
  ) {
    super(problem, { cause });
    this.statusCode = statusOf(cause);
  }
}

/** Explains a sentence of the engine. */
interface Explanation {
  readonly kind: Subject["kind"];
  readonly sentence: RegExp;
  explain(subject: Subject, match: RegExpExecArray): Problem;
}

/** Sentences with which the engine, or Pulumi's plugin for it, refuses; the first that matches counts. Source: moby. */
const explanations: readonly Explanation[] = [
  {
    kind: "network",
    // The second is all that Pulumi's plugin says once it has tried for 30 s.
    sentence: /has active endpoints|timeout while waiting for state to become 'removed'/,
    explain: networkInUse,
  },
  {
    kind: "network",
    sentence: /could not find an available, non-overlapping IPv4 address pool|predefined address pools have been fully/,
    explain: ({ name }) => ({
      what: `The engine has no block of addresses left for the network ${name}: other networks use all of its pools, which by default are about 30.`,
      why: "Remove networks that nobody needs, one by one, and type the same again. docker network prune is not the way: it also removes the networks of a release that is stopped and kept for the way back.",
      type: [dockerNetworks, dockerRemoveNetwork("NAME")],
    }),
  },
  {
    kind: "volume",
    sentence: /volume is in use/,
    explain: ({ name, holders = [] }) => ({
      what: `The volume ${name} cannot be removed: ${holders.length === 0 ? "a container has" : `${holders.join(", ")} ${holders.length === 1 ? "has" : "have"}`} it mounted.`,
      why: "Remove what nobody needs any more, and type the same again.",
      ...(holders.length === 0 ? {} : { type: dockerRemove(...holders) }),
    }),
  },
  {
    kind: "container",
    sentence: /endpoint with name (\S+) already exists in network (\S+)/,
    explain: (subject, [, endpoint, network]) => {
      const { name, recreate } = subject;
      const what = `${name} does not start: on the network ${network} the engine still has an endpoint from its last run.`;
      if (recreate === undefined) return withRestart(subject, what);
      return withRestart(
        subject,
        what,
        [dockerRemove(name), dockerForceDisconnect(network, endpoint), recreate],
        "Remove the container, whose volumes stay, and then the endpoint, which the engine keeps while the container is there.",
      );
    },
  },
  {
    kind: "container",
    sentence:
      /(?:Bind for|listen tcp[46]?|bind host port(?: for)?) (?:[\d.]*|\[[^\]]*\]):(\d+)\b.*already (?:allocated|in use)/,
    explain: (subject, [, port]) =>
      withRestart(
        subject,
        `${subject.name} does not start: port ${port} of the engine's host is taken.`,
        whoListens(port),
        "One of these names what has taken the port; stop it, and type the same again.",
      ),
  },
  {
    kind: "container",
    sentence: /address already in use/i,
    explain: (subject) => {
      const { name, joins, network, holders = [] } = subject;
      const what =
        joins === undefined ? `${name} does not start` : `${name} cannot be connected to the network ${joins.network}`;
      if (network === undefined || holders.length === 0)
        return withRestart(subject, `${what}: the engine counts its address as another container's.`);
      return {
        what: `${what}: ${holders.join(", ")} ${holders.length === 1 ? "has" : "have"} its address on the network ${network}.`,
        why: `Take ${holders.length === 1 ? "it" : "them"} off, and type the same again.`,
        type: holders.map((holder) => dockerDisconnect(network, holder)),
      };
    },
  },
  {
    kind: "container",
    sentence: /marked for removal|still being removed|is dead:|(?:unable|failed) to remove /,
    explain: (subject, { input }) => {
      const { name, isResource, recreate } = subject;
      const what = `The engine has begun to remove ${name} and has not ended: ${wordsOf(input)}.`;
      if (isResource)
        return withRestart(
          subject,
          what,
          [dockerContainersNamed(name)],
          "The first command names it: remove it with docker rm -f, and type the same again.",
        );
      return withRestart(
        subject,
        what,
        [dockerForceRemove(name), ...(recreate === undefined ? [] : [recreate])],
        "Remove it, and type the same again.",
      );
    },
  },
];

/**
 * Returns what the operator can do about a refusal; undefined for a sentence that is not known. Pure.
 * @param sentence the engine's, or all that Pulumi's plugin printed around it
 */
export function refusalProblem(sentence: string, subject: Subject): Problem | undefined {
  for (const { kind, sentence: pattern, explain } of explanations) {
    const match = kind === subject.kind ? pattern.exec(sentence) : null;
    if (match !== null) return explain(subject, match);
  }
  return undefined;
}

/**
 * Returns a refusal in the operator's words; any other error as it is. More may be known about the subject of a refusal
 * that is in such words already. Pure.
 */
export function explained(error: unknown, subject: Subject): unknown {
  const [cause, known] =
    error instanceof EngineRefusal ? [error.cause, { ...error.subject, ...subject }] : [error, subject];
  const problem = statusOf(cause) === undefined ? undefined : refusalProblem(messageOf(cause), known);
  return problem === undefined ? error : new EngineRefusal(problem, known, cause);
}

/**
 * Returns the error for a container that the engine refused to start: in the operator's words, else the engine's with
 * its name. One that is no refusal, as of an engine that does not answer, stays as it is. Pure.
 */
export function notStarted(error: unknown, subject: Subject): unknown {
  const known = explained(error, subject);
  if (known instanceof OperatorError || statusOf(error) === undefined) return known;
  return new OperatorError({ what: `${subject.name} does not start: ${wordsOf(messageOf(error))}.` }, { cause: error });
}

function networkInUse(subject: Subject, { input }: RegExpExecArray): Problem {
  const { name, holders, isResource } = subject;
  const users = [...new Set([...(holders ?? []), ...endpointsNamed(input)])];
  if (users.length > 0 && !isResource)
    return withRestart(
      subject,
      `The network ${name} cannot be removed: ${users.join(", ")} ${users.length === 1 ? "is" : "are"} on it.`,
      users.map((user) => dockerForceDisconnect(name, user)),
      `Take ${users.length === 1 ? "it" : "them"} off, and type the same again.`,
    );
  if (holders !== undefined)
    return withRestart(
      subject,
      `The network ${name} cannot be removed: the engine counts a container on it that is not there (moby issue 42119).`,
    );
  return withRestart(
    subject,
    `The network ${name} has not been removed: the engine counts a container on it.`,
    [dockerNetworkUsers(name)],
    "The first command names what is on it: take that off with docker network disconnect, and type the same again.",
  );
}

/**
 * Returns a problem that a restart of the engine ends.
 * @param commands what is tried before
 * @param before describes them
 */
function withRestart(
  { isSystemService = false }: Subject,
  what: string,
  commands: readonly string[] = [],
  before?: string,
): Problem {
  const restart = "the engine, which interrupts every container on it, and type the same again.";
  return {
    what,
    why: before === undefined ? `Restart ${restart}` : `${before} Where that changes nothing, restart ${restart}`,
    type: [...commands, ...(isSystemService ? [restartDocker] : [])],
  };
}

/**
 * Returns the names of the endpoints in a refusal; newer engines give them: `has active endpoints (name:"a" id:"…",
 * name:"b" …)`. Pure.
 */
export function endpointsNamed(message: string): string[] {
  return [...message.matchAll(/name:"([^"]+)"/g)].map(([, name]) => name);
}

/** Returns the engine's words without dockerode's prefix, in one line and without a full stop. Pure. */
function wordsOf(message: string): string {
  return message
    .replace(/^\(HTTP code \d+\) [^-]* - /, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\.$/, "");
}
