import type { Engine } from "../engine/engine";
import { HostFailure, messageOf } from "../../util/failure";

/**
 * Refuses when the engine's disk has too little room: for a backup, and for what a new release writes. It is looked at
 * from inside the gateway, whose root file system lies on the disk the engine keeps images, containers and volumes on.
 * @param leastMiB `scani:minimumFreeDisk`
 * @throws HostFailure
 */
export async function checkDisk(engine: Engine, gateway: string, leastMiB: number, stack: string): Promise<void> {
  const { exitCode, output } = await engine
    .exec(gateway, ["df", "-Pk", "/"])
    .catch((error: unknown) => ({ exitCode: -1, output: messageOf(error) }));
  const freeMiB = exitCode === 0 ? parseFree(output) : undefined;
  if (freeMiB === undefined)
    throw new HostFailure(
      `The gateway ${gateway} does not tell how full the engine's disk is: ${output}\n  type: npm run up -- base`,
    );
  const problem = diskProblem(freeMiB, leastMiB, stack);
  if (problem !== undefined) throw new HostFailure(problem);
}

/** MiB that are free, out of what `df -Pk` printed; undefined when it printed something else. Pure. */
export function parseFree(output: string): number | undefined {
  const available = /^\S+\s+\d+\s+\d+\s+(\d+)\s+\d+%\s+\//.exec(output.trim().split("\n").at(-1) ?? "")?.[1];
  return available === undefined ? undefined : Math.floor(Number(available) / 1024);
}

/** What is wrong with so much room; undefined when it is enough. Pure. */
export function diskProblem(freeMiB: number, leastMiB: number, stack: string): string | undefined {
  if (freeMiB >= leastMiB) return undefined;
  return [
    `The engine's disk has ${freeMiB} MiB free, and ${leastMiB} (minimumFreeDisk) are wanted for a backup and what a new release writes.`,
    "  Make room: docker image prune, docker builder prune. Or, if you know that less will do,",
    `  type: pulumi config set minimumFreeDisk ${Math.max(freeMiB, 1)} --stack ${stack}`,
  ].join("\n");
}
