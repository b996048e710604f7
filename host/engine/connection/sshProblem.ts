import { joinDockerGroup, quoted, sshCommand, sshForget, sshGiveKey, sshLoadKey } from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";
import type { SshHost } from "./sshHost";

/** End of an ssh process to an engine. */
export interface SshEnd {
  /** Its exit code, which is the remote command's unless it is 255; the system's error code where ssh did not start. */
  readonly exit: number | string | null;
  /** Its standard error. */
  readonly errors: string;
}

/** Describes why an engine cannot be reached over ssh, and what the operator can do. Pure. */
export function sshProblem(host: SshHost, { exit, errors }: SshEnd): Problem {
  const at = addressOf(host);
  const type = (...words: readonly string[]): string => sshCommand(destination(host), ...words);
  const last = errors.trim().split("\n").at(-1)?.trim() ?? "";
  if (typeof exit === "string") {
    return {
      what: `The Docker engine at ${at} is reached with ssh, and no ssh can be run here (${exit}).`,
      why: "Install the OpenSSH client, and run this again.",
    };
  }
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(errors)) {
    return {
      what: `The host key of ${at} is not the one that was accepted before.`,
      why: "Somebody may be listening in between, or the machine was set up anew. Remove the old key only if you know that it was.",
      type: [sshForget(host.port === undefined ? host.host : `[${host.host}]:${host.port}`), type()],
    };
  }
  if (/Host key verification failed/.test(errors)) {
    return {
      what: `The host key of ${at} is not known here.`,
      why: "Sign in once, compare the fingerprint it shows with the machine's own, and accept it.",
      type: type(),
    };
  }
  if (exit === 255 && /Permission denied|Too many authentication failures/.test(errors)) {
    return {
      what: `${at} refuses the keys that ssh has (${last}).`,
      why: "ssh may not ask for a password or a passphrase here. Put the key there, or load it into the agent.",
      type: [sshGiveKey(destination(host)), sshLoadKey],
    };
  }
  if (exit === 127 || /docker: (command )?not found/.test(errors)) {
    return {
      what: `There is no docker command on ${at}.`,
      why: "The engine is reached through it. Install Docker's command line there, in the PATH of commands over ssh.",
      type: type("docker", "version"),
    };
  }
  if (exit !== 255 && exit !== null && /permission denied/i.test(errors)) {
    return {
      what: `Docker runs on ${at}, but the user who signs in there may not use it.`,
      type: type("-t", quoted(joinDockerGroup)),
    };
  }
  return {
    what: `The Docker engine at ${at} cannot be reached over ssh${last === "" ? "" : ` (${last})`}.`,
    type: type("docker", "version"),
  };
}

function addressOf({ user, host, port }: SshHost): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `ssh://${user === undefined ? "" : `${user}@`}${name}${port === undefined ? "" : `:${port}`}`;
}

function destination({ user, host, port }: SshHost): string[] {
  return [...(port === undefined ? [] : ["-p", port]), user === undefined ? host : `${user}@${host}`];
}
