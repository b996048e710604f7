import { standing } from "../base/standingHandler";
import { handover } from "../handover/handoverHandler";
import type { Handler } from "./handler";
import { serve } from "./server";

serve({
  "scani-host:base:Standing": standing as unknown as Handler,
  "scani-host:handover:Handover": handover as unknown as Handler,
}, process.argv[2] ?? "");
