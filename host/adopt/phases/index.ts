import { takesPort, type AdoptionRecord } from "../record";
import { BackupPhase, BesidePhase } from "./beside";
import { FilesPhase } from "./files";
import { FrontPhase } from "./front";
import type { Phase } from "./phase";
import { PortPhase } from "./port";
import { DatabasePhase, RetirePhase } from "./takeOver";

/** Phases until both serve: only the project's worker has been taken away by then. */
const besidePhases: readonly Phase[] = [new BackupPhase(), new BesidePhase(), new FilesPhase(), new FrontPhase()];

/** Phases that take the project's place. */
const takeOverPhases: readonly Phase[] = [new DatabasePhase(), new RetirePhase()];

/** Returns every phase of an adoption, in order. Pure. */
export function phasesOf(record: AdoptionRecord): readonly Phase[] {
  return [...besidePhases, ...(takesPort(record) ? [new PortPhase()] : []), ...takeOverPhases];
}

/** Returns the phases that can run now: with a port of its own, the operator's proxy comes before the rest. Pure. */
export function nextPhases(record: AdoptionRecord): readonly Phase[] {
  return takesPort(record) || record.announced ? phasesOf(record) : besidePhases;
}
