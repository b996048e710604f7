/** Where the gateway keeps its routes, and beside them the Handover its record; both survive a restart. */
export const gatewayStatePath = "/home/kamal-proxy/.config/kamal-proxy";
