import "../lightStart";
import type { Handler } from "./handler";
import { serve } from "./server";

/* eslint-disable @typescript-eslint/no-require-imports -- loaded when Pulumi has heard that this plugin is there: until then it does nothing else */

const engine = process.argv[2] ?? "";

serve(() => {
  const { standing } = require("../base/standingHandler") as typeof import("../base/standingHandler.js");
  const { handover } = require("../handover/handoverHandler") as typeof import("../handover/handoverHandler.js");
  const { locked } = require("../lock/lockedHandler") as typeof import("../lock/lockedHandler.js");
  return {
    "scani-host:base:Standing": locked(standing, engine) as unknown as Handler,
    "scani-host:handover:Handover": locked(handover, engine) as unknown as Handler,
  };
}, engine);
