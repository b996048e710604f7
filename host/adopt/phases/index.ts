import { BackupPhase, BesidePhase, ObjectsPhase } from "./beside";
import { FrontPhase } from "./front";
import type { Phase } from "./phase";
import { DatabasePhase, RetirePhase } from "./takeOver";

/** Phases up to the moment in which both serve: nothing of the project has been taken away, beside its worker. */
export const besidePhases: readonly Phase[] = [
  new BackupPhase(),
  new BesidePhase(),
  new ObjectsPhase(),
  new FrontPhase(),
];

/** Phases that take the project's place. */
export const takeOverPhases: readonly Phase[] = [new DatabasePhase(), new RetirePhase()];
