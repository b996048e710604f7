/** Where the gateway keeps its routes, and beside them the Handover its record; both survive a restart. */
export const gatewayStatePath = "/home/kamal-proxy/.config/kamal-proxy";

/**
 * Where kamal-proxy writes down its routes, to take them up again after a restart. Source: its
 * internal/server/config.go.
 */
export const gatewayStateFile = `${gatewayStatePath}/kamal-proxy.state`;
