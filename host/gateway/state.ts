/** Folder in which the gateway keeps its routes, and this module its journal and locks; a volume, so all survive. */
export const gatewayStatePath = "/home/kamal-proxy/.config/kamal-proxy";

/**
 * File in which kamal-proxy saves its routes, and from which it restores them after a restart. Source: its
 * internal/server/config.go.
 */
export const gatewayStateFile = `${gatewayStatePath}/kamal-proxy.state`;
