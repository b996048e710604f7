import { commandToRun } from "../engine/containers/commandToRun";
import { parseFree } from "../engine/disk";
import type { Engine } from "../engine/engine";
import { dockerPrunes, setCommand, upCommand } from "../../util/commands";
import { messageOf, OperatorError, type Problem } from "../../util/operatorError";

/** Names of the release's stack and of base's, for the commands in messages. */
export interface DiskStacks {
  readonly stack: string;
  readonly baseStack: string;
}

/**
 * Refuses when the engine's disk has too little room for a backup and for what a new release writes. Reads it from
 * inside the gateway, whose root file system is on the disk the engine keeps images, containers and volumes on.
 * @param leastMiB `scani:minimumFreeDisk`
 * @param filesMiB size of files that are carried onto that disk
 * @throws OperatorError
 */
export async function checkDisk(
  engine: Engine,
  gateway: string,
  leastMiB: number,
  { stack, baseStack }: DiskStacks,
  filesMiB = 0,
): Promise<void> {
  const { exitCode, output } = await engine
    .exec(gateway, ["df", "-Pk", "/"])
    .catch((error: unknown) => ({ exitCode: -1, output: messageOf(error) }));
  const freeMiB = exitCode === 0 ? parseFree(output) : undefined;
  if (freeMiB === undefined) {
    const state = (await engine.inspect(gateway))?.state;
    throw new OperatorError({
      what: `The free space of the engine's disk cannot be read in the gateway ${gateway}: ${output}`,
      type: state === undefined ? upCommand(baseStack) : commandToRun(gateway, state),
    });
  }
  const problem = diskProblem(freeMiB, leastMiB, stack, filesMiB);
  if (problem !== undefined) throw new OperatorError(problem);
}

/** Returns the problem with too little free space; undefined when it is enough. Pure. */
export function diskProblem(freeMiB: number, leastMiB: number, stack: string, filesMiB = 0): Problem | undefined {
  if (freeMiB >= leastMiB + filesMiB) return undefined;
  const lower = setCommand("minimumFreeDisk", stack, { value: String(Math.max(freeMiB - filesMiB, 1)) });
  if (filesMiB > 0)
    return {
      what: `The engine's disk has ${freeMiB} MiB free; ${leastMiB + filesMiB} are required to carry the files into base's own bucket: ${filesMiB} for them, and ${leastMiB} (minimumFreeDisk) besides.`,
      why: `Make room${freeMiB > filesMiB ? ", lower the requirement if you know that less is enough," : ""} or leave the files where they are.`,
      type: [...dockerPrunes, ...(freeMiB > filesMiB ? [lower] : []), setCommand("carryFiles", stack, { value: "no" })],
    };
  return {
    what: `The engine's disk has ${freeMiB} MiB free; ${leastMiB} (minimumFreeDisk) are required for a backup and what a new release writes.`,
    why: "Make room, or lower the requirement if you know that less is enough.",
    type: [...dockerPrunes, lower],
  };
}
