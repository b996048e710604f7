import type Docker from "dockerode";
import type { Report as Say } from "../../util/progress/progress";
import type { Interrupt } from "../interrupt";
import type { Subject } from "./subject";

/** Objects both sides of the bench share. */
export interface BenchContext {
  readonly docker: Docker;
  readonly subject: Subject;
  readonly interrupt: Interrupt;
  /** Receives progress. */
  readonly say: Say;
}
