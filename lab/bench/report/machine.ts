import type Docker from "dockerode";
import { availableParallelism, loadavg } from "node:os";

/** Machine the figures were measured on. */
export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
  /** Version of the Docker engine. */
  readonly engine: string;
  /** Compose command of the control, with its version. */
  readonly compose: string;
  /** The images under load, as `scani/*:0.17.1`. */
  readonly images: string;
}

/** Returns a warning when the machine has other work, which makes its times say little; undefined when it is idle. */
export function busy(): string | undefined {
  const [load] = loadavg() as [number];
  return load < availableParallelism() / 2
    ? undefined
    : `This machine is busy (load ${load.toFixed(1)} on ${availableParallelism()} cores): times will be longer than they need be.`;
}

/** Asks the engine about the machine it runs on. */
export async function describeMachine(docker: Docker, compose: string, images: string): Promise<Machine> {
  const info = await docker.info();
  return { cores: info.NCPU, memoryBytes: info.MemTotal, engine: info.ServerVersion, compose, images };
}
