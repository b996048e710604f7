import type { EngineFacts } from "../../../../../host/engine/connection/remedy";

/** Facts about a fresh Debian machine, for its administrator. */
export const fresh: EngineFacts = {
  reason: "ENOENT",
  platform: "linux",
  root: true,
  distribution: ["debian"],
  installed: false,
};
