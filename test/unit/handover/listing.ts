/** A row as `kamal-proxy list` prints it. */
export const row = (...cells: string[]) => cells.map((cell) => `\u001b[m${cell}\u001b[0m   `).join("");

/** What `kamal-proxy list` prints. */
export const listing = (api: string, ws: string, app: string) => [
  row("Service", "Host", "Path", "Target", "State", "TLS"),
  row("api", "*", "/api", `${api}:3001`, "running", "no"),
  row("app", "*", "/", `${app}:80`, "running", "no"),
  row("ws", "*", "/ws", `${ws}:3001`, "running", "no"),
  "",
].join("\n");
