import type { CreationTimestamps } from "../../host/install/drift/creationTimestamps";
import type { Settings } from "../../settings";
import type { BaseAddresses } from "../../host/install/network/addresses";
import type { Secrets } from "./secrets";

/** Context every service of base is described from. */
export interface BaseContext {
  readonly settings: Settings<"base">;
  readonly secrets: Secrets;
  readonly timestamps: CreationTimestamps;
  readonly addresses: Partial<BaseAddresses>;
}
