import { connectDocker } from "../../host/engine/connect";
import type { Report as Say } from "../../util/progress/progress";
import { findCompose } from "./compose/command";
import { control } from "./compose/control";
import { composeKind } from "./compose/project";
import { Interrupt } from "../interrupt";
import type { ImageKind } from "../setup/realImages";
import { moduleSwitches } from "./module/switches";
import { judge } from "./report/bars";
import { jsonLine } from "./report/jsonLine";
import { busy, describeMachine } from "./report/machine";
import { markdown } from "./report/table";
import { chooseSubject } from "./subject";
import { sweep } from "../throwaway";

export interface BenchOptions {
  /** Print one JSON line instead of the table. */
  readonly json?: boolean;
  /** Images to use; by default Scani's own if they are on the engine, else stand-ins. */
  readonly images?: ImageKind;
}

/**
 * Measures the guide's procedure with compose and this module's switches, under the same load, on throwaway installs.
 * Takes a quarter of an hour; removes everything it created, also after an error.
 * @param say receives the result
 * @param progress receives progress meanwhile
 * @returns true when every bar held
 * @throws Error when a switch failed, or at an interrupt
 */
export async function bench(options: BenchOptions, say: Say, progress: Say = toStandardError): Promise<boolean> {
  const docker = connectDocker();
  const compose = await findCompose();
  const interrupt = new Interrupt();
  const warning = busy();
  if (warning !== undefined) progress(warning);
  try {
    for (const kind of ["bench", composeKind]) await interrupt.guard(sweep(docker, kind, progress));
    const subject = await interrupt.guard(chooseSubject(docker, options.images, progress));
    try {
      const { scaniRepository, scaniTag } = subject.images;
      const machine = await describeMachine(docker, compose.version, `${scaniRepository}/*:${scaniTag}`);
      const context = { docker, subject, interrupt, say: progress };
      const runs = [...(await control(context, compose)), ...(await moduleSwitches(context))];
      const bars = judge(runs, compose.version);
      if (options.json)
        bars.filter(({ held }) => !held).forEach(({ demand, measured }) => progress(`FAIL: ${demand} (${measured})`));
      say(options.json ? jsonLine(runs) : markdown(runs, bars, machine, new Date()));
      return bars.every(({ held }) => held);
    } finally {
      await subject.release();
    }
  } finally {
    interrupt.release();
  }
}

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`);
}
