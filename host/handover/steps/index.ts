import type { BackupStep, FinishBackupStep } from "./backup";
import type {
  MigrateStep,
  RestartPolicyStep,
  RestartStep,
  StartStep,
  StopMigratorsStep,
  VerifyStep,
} from "./candidate";
import type { CarryLateStep, CarryRestStep, CarryStep, NameLeftStep, RefuseFilesStep } from "./carry";
import type { FlipStep, ResumeStep, RouteUploadsStep, SaveRoutesStep, StartGatewayStep } from "./gateway";
import type { PreflightStep } from "./preflight";
import type { RetireStep } from "./retire";
import type { SoakStep, StartWorkerStep, StopWorkersStep } from "./workers";

/** Union of all steps of a handover. */
export type Step =
  | StartGatewayStep
  | ResumeStep
  | SaveRoutesStep
  | RouteUploadsStep
  | RestartPolicyStep
  | StopMigratorsStep
  | PreflightStep
  | BackupStep
  | FinishBackupStep
  | MigrateStep
  | StartStep
  | RestartStep
  | VerifyStep
  | CarryStep
  | RefuseFilesStep
  | FlipStep
  | StopWorkersStep
  | CarryRestStep
  | StartWorkerStep
  | SoakStep
  | CarryLateStep
  | NameLeftStep
  | RetireStep;
