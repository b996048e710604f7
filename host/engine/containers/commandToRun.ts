import { dockerLogs, dockerStart, dockerUnpause } from "../../../util/commands";
import type { ContainerState } from "../engine";

/** What to type about a container that does not do its work: to let it run, or to read why it does not. Pure. */
export function commandToRun(name: string, state: ContainerState): string {
  switch (state) {
    case "paused":
      return dockerUnpause(name);
    case "created":
    case "exited":
      return dockerStart(name);
    // Docker starts one that restarts by itself, and cannot start one that is dead.
    default:
      return dockerLogs(name);
  }
}
