/** Folder in which the gateway keeps its routes, and this module its journal and locks; a volume, so all survive. */
export const gatewayStatePath = "/home/kamal-proxy/.config/kamal-proxy";

/**
 * File in which kamal-proxy saves its routes, and from which it restores them after a restart. Source: its
 * internal/server/config.go.
 */
export const gatewayStateFile = `${gatewayStatePath}/kamal-proxy.state`;

/**
 * States of a service as kamal-proxy lists them, each at the number by which it is saved. Source: kamal-proxy 0.9.2,
 * internal/server/pause_controller.go.
 */
export const serviceStates = ["running", "paused", "stopped"] as const;

/** Pattern of saved pauses and stops, valid for sed and for JavaScript, and the text that replaces them. */
const [savedHold, savedRunning] = ['"pause_controller":{"state":[12],', '"pause_controller":{"state":0,'];

/** Returns a saved state without its pauses and stops. Pure. */
export function withoutPauses(contents: string): string {
  return contents.replaceAll(new RegExp(savedHold, "g"), savedRunning);
}

/**
 * Returns a shell command that takes pauses and stops out of a saved state, so that a gateway that starts with it lets
 * requests through; a gateway that runs does not read it.
 */
export function forgetPauses(file: string): string {
  return `[ ! -f ${file} ] || sed -i 's/${savedHold}/${savedRunning}/g' ${file}`;
}
