import {
  dockerDefaultContext,
  installDocker,
  joinDockerGroup,
  startDocker,
  unsetCommand,
} from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";

/** Facts about a machine whose Docker engine does not answer. */
export interface EngineFacts {
  /** Engine that a setting, DOCKER_HOST or a Docker context names; undefined for the local default. */
  readonly host?: string;
  /** Reason it did not answer: the system's error code (ENOENT, EACCES, ECONNREFUSED), else the message. */
  readonly reason: string;
  readonly platform: NodeJS.Platform;
  readonly root: boolean;
  /** `ID` and `ID_LIKE` of /etc/os-release. */
  readonly distribution: readonly string[];
  /** True when dockerd is installed. */
  readonly installed: boolean;
}

/** Docker's default socket. */
export const localHost = "unix:///var/run/docker.sock";

/** True for the engine that is used by default. Pure. */
export const isLocal = ({ host }: EngineFacts): boolean => host === undefined || host === localHost;

/** True on Debian, Ubuntu and their derivatives. Pure. */
export const isDebian = ({ distribution }: EngineFacts): boolean =>
  distribution.some((name) => name === "debian" || name === "ubuntu");

/** Describes an engine that does not answer, and what the operator can do. Pure. */
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

/** Returns `ID` and `ID_LIKE` of an os-release file. Pure. */
export function distributionOf(osRelease: string): string[] {
  const values = [...osRelease.matchAll(/^(?:ID|ID_LIKE)=(.*)$/gm)].map(([, value]) =>
    value.replace(/^(["'])(.*)\1$/, "$2"),
  );
  return values.flatMap((value) => value.split(/\s+/)).filter((name) => name !== "");
}
