/** Folder in which the gateway keeps its routes, and this module its journal and locks; a volume, so all survive. */
export const gatewayStatePath = "/home/kamal-proxy/.config/kamal-proxy";

/**
 * File in which kamal-proxy saves its routes, and from which it restores them after a restart. Source: its
 * internal/server/config.go.
 */
export const gatewayStateFile = `${gatewayStatePath}/kamal-proxy.state`;

/**
 * Shell command that takes pauses and stops out of a saved state, so that a gateway that starts with it lets requests
 * through; one that runs does not read it. Source: kamal-proxy 0.9.2, internal/server/pause_controller.go, where 1 is
 * paused and 2 is stopped.
 */
export function forgetPauses(file: string): string {
  return `[ ! -f ${file} ] || sed -i 's/"pause_controller":{"state":[12],/"pause_controller":{"state":0,/g' ${file}`;
}
