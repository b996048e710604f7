import {
  dockerDefaultContext,
  installDocker,
  joinDockerGroup,
  startDocker,
  unsetCommand,
} from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";

/** What is known about a machine whose Docker engine does not answer. */
export interface EngineFacts {
  /** Engine that a setting, DOCKER_HOST or a Docker context names; undefined for the local default. */
  readonly host?: string;
  /** Why it did not answer: the code of the system (ENOENT, EACCES, ECONNREFUSED), else the message. */
  readonly reason: string;
  readonly platform: NodeJS.Platform;
  readonly root: boolean;
  /** `ID` and `ID_LIKE` of /etc/os-release. */
  readonly distribution: readonly string[];
  /** dockerd is installed. */
  readonly installed: boolean;
}

/** The socket that Docker uses where nothing else is said. */
export const localHost = "unix:///var/run/docker.sock";

/** True for the engine that is used where nothing else is said. Pure. */
export const isLocal = ({ host }: EngineFacts): boolean => host === undefined || host === localHost;

/** True on Debian and Ubuntu, and what is made of them. Pure. */
export const isDebian = ({ distribution }: EngineFacts): boolean =>
  distribution.some((name) => name === "debian" || name === "ubuntu");

/** What the operator can do about an engine that does not answer. Pure. */
export function engineProblem(facts: EngineFacts): Problem {
  const { host, reason, platform, installed } = facts;
  if (!isLocal(facts)) {
    return {
      what: `The Docker engine at ${host} does not answer (${reason}).`,
      why: "The setting dockerHost, DOCKER_HOST or the current Docker context names it. Start it, or use another.",
      type: [unsetCommand("DOCKER_HOST"), dockerDefaultContext],
    };
  }
  if (reason === "EACCES") {
    return {
      what: "Docker runs here, but this user may not use it.",
      why: "Join its group, and sign in again:",
      type: joinDockerGroup,
    };
  }
  if (platform !== "linux") {
    return {
      what: `No Docker engine answers (${reason}).`,
      why: "Install Docker Desktop, or another engine, start it, and run this again.",
    };
  }
  if (installed) {
    return {
      what: `Docker is installed but does not run (${reason}).`,
      type: startDocker,
    };
  }
  return isDebian(facts)
    ? {
        what: "There is no Docker engine here.",
        type: installDocker,
      }
    : {
        what: "There is no Docker engine here.",
        why: "Install Docker with your distribution's package manager, start it, and run this again.",
      };
}

/** `ID` and `ID_LIKE` of an os-release file. Pure. */
export function distributionOf(osRelease: string): string[] {
  const values = [...osRelease.matchAll(/^(?:ID|ID_LIKE)=(.*)$/gm)].map(([, value]) =>
    value.replace(/^(["'])(.*)\1$/, "$2"),
  );
  return values.flatMap((value) => value.split(/\s+/)).filter((name) => name !== "");
}
