import type { CreationTimestamps } from "../../host/install/creationTimestamps";
import type { Settings } from "../../settings";
import type { Networks } from "./networks";
import type { Secrets } from "./secrets";

/** What every service of base is declared with. */
export interface BaseContext {
  readonly settings: Settings<"base">;
  readonly secrets: Secrets;
  readonly networks: Networks;
  readonly timestamps: CreationTimestamps;
}
