import { bareHost } from "../../../util/host";
import { OperatorError } from "../../../util/operatorError";

/** An engine that is reached over ssh, as the docker command line reaches it. */
export interface SshHost {
  readonly user?: string;
  /** DNS name, host of the operator's ssh configuration, or address. */
  readonly host: string;
  readonly port?: string;
  /** Socket of the engine on that host, where it is not the default of the docker command there. */
  readonly socket?: string;
}

/** Seconds ssh may take to connect. */
const connectTimeout = 8;

/**
 * Seconds between ssh's keepalive requests, and how many may stay unanswered before it ends the connection. A
 * connection that a firewall forgets, or whose machine is switched off, does not end by itself.
 */
const alive = { interval: 15, count: 4 } as const;

/** Options that keep ssh from prompting: where several connections start at once, nobody could answer. */
export const batchWords = ["-o", "BatchMode=yes"] as const;

/** Reads an `ssh://` host. Pure. @throws OperatorError when it cannot be read, or holds a password */
export function parseSshHost(text: string): SshHost {
  const problem = (why: string): OperatorError =>
    new OperatorError({ what: "The ssh:// address of the Docker engine cannot be used.", why });
  if (!URL.canParse(text))
    throw problem("It is something like ssh://user@scani.internal or ssh://scani.internal:2222.");
  const { protocol, username, password, hostname, port, pathname, search, hash } = new URL(text);
  // The address is not quoted: that would show the password.
  if (password !== "") throw problem("It holds a password. ssh signs in with a key: leave the password out.");
  if (protocol !== "ssh:" || hostname === "" || search !== "" || hash !== "") {
    throw problem(`${text} is not something like ssh://user@scani.internal or ssh://scani.internal:2222.`);
  }
  return {
    host: bareHost(hostname),
    ...(username === "" ? {} : { user: decodeURIComponent(username) }),
    ...(port === "" ? {} : { port }),
    ...(pathname === "" || pathname === "/" ? {} : { socket: decodeURIComponent(pathname) }),
  };
}

/** Returns ssh's arguments for a connection to the engine. Keys, names and accepted host keys are ssh's own. Pure. */
export function sshWords({ user, host, port, socket }: SshHost): string[] {
  return [
    ...batchWords,
    "-o",
    `ConnectTimeout=${connectTimeout}`,
    "-o",
    `ServerAliveInterval=${alive.interval}`,
    "-o",
    `ServerAliveCountMax=${alive.count}`,
    "-T",
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", port]),
    "--",
    host,
    "docker",
    // A shell on that host reads this, so quote it.
    ...(socket === undefined ? [] : [`--host='unix://${socket.replaceAll("'", `'\\''`)}'`]),
    "system",
    "dial-stdio",
  ];
}
