/** What is known about a machine whose Docker engine does not answer. */
export interface EngineFacts {
  /** Engine that DOCKER_HOST or a Docker context names; undefined for the local default. */
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

/** What to do about it; `refuse` says what the operator must do. */
export type EngineRemedy =
  { readonly kind: "install" | "start" } | { readonly kind: "refuse"; readonly message: string };

/** Decides whether to install Docker, to start it, or to say what to do. Pure. */
export function engineRemedy(facts: EngineFacts): EngineRemedy {
  const { host, reason, platform, root, distribution, installed } = facts;
  const refuse = (...lines: string[]): EngineRemedy => ({ kind: "refuse", message: lines.join("\n") });
  if (host !== undefined && host !== localHost) {
    return refuse(
      `The Docker engine at ${host} does not answer (${reason}), and DOCKER_HOST or the current Docker context names it.`,
      "  start it, or use another: unset DOCKER_HOST; docker context use default",
    );
  }
  if (reason === "EACCES") {
    return refuse(
      "Docker runs here, but this user may not use it.",
      '  type: sudo usermod -aG docker "$USER"   and sign in again',
    );
  }
  if (platform !== "linux") {
    return refuse(
      `No Docker engine answers (${reason}).`,
      "  install Docker Desktop, or another engine, start it, and run this again",
    );
  }
  const debian = distribution.some((name) => name === "debian" || name === "ubuntu");
  if (installed) {
    return root
      ? { kind: "start" }
      : refuse(
          `Docker is installed but does not run (${reason}).`,
          "  type: sudo systemctl start docker   (or: sudo service docker start)",
        );
  }
  if (root && debian) return { kind: "install" };
  const how = debian
    ? "sudo apt-get update && sudo apt-get install -y docker.io iptables && sudo systemctl start docker"
    : undefined;
  return refuse(
    "There is no Docker engine here.",
    how === undefined
      ? "  install Docker with your distribution's package manager, start it, and run this again"
      : `  type: ${how}`,
  );
}

/** The socket that Docker uses where nothing else is said. */
export const localHost = "unix:///var/run/docker.sock";

/** `ID` and `ID_LIKE` of an os-release file. Pure. */
export function distributionOf(osRelease: string): string[] {
  const values = [...osRelease.matchAll(/^(?:ID|ID_LIKE)=(.*)$/gm)].map(([, value]) =>
    value.replace(/^(["'])(.*)\1$/, "$2"),
  );
  return values.flatMap((value) => value.split(/\s+/)).filter((name) => name !== "");
}
