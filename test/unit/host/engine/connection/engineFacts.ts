import type { EngineFacts } from "../../../../../host/engine/connection/remedy";

/** What is known of a fresh Debian machine, asked by its administrator. */
export const fresh: EngineFacts = {
  reason: "ENOENT",
  platform: "linux",
  root: true,
  distribution: ["debian"],
  installed: false,
};
