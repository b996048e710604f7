import { dockerLogs, dockerStart, dockerUnpause } from "../../../util/commands";
import type { ContainerState } from "../engine";

/** Returns the command for a container that does not do its work: to let it run, or to read why it does not. Pure. */
export function commandToRun(name: string, state: ContainerState): string {
  switch (state) {
    case "paused":
      return dockerUnpause(name);
    case "created":
    case "exited":
      return dockerStart(name);
    // Docker starts a restarting container by itself, and cannot start a dead one.
    default:
      return dockerLogs(name);
  }
}
