import "../lightStart";
import { standing } from "../base/standingHandler";
import { handover } from "../handover/handoverHandler";
import { locked } from "../lock/lockedHandler";
import type { Handler } from "./handler";
import { serve } from "./server";

const engine = process.argv[2] ?? "";

serve({
  "scani-host:base:Standing": locked(standing, engine) as unknown as Handler,
  "scani-host:handover:Handover": locked(handover, engine) as unknown as Handler,
}, engine);
