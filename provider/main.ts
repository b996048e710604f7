import type { Handler } from "./handler";
import { serve } from "./server";

/* eslint-disable @typescript-eslint/no-require-imports -- loaded late: Pulumi waits until this plugin answers */

const engine = process.argv[2] ?? "";

serve(() => {
  const { baseReady } = require("./baseReady") as typeof import("./baseReady.js");
  const { dataMove } = require("./dataMove") as typeof import("./dataMove.js");
  const { handover } = require("./handover") as typeof import("./handover.js");
  const { takedownGuard } = require("./takedownGuard") as typeof import("./takedownGuard.js");
  const { hold } = require("./hold") as typeof import("./hold.js");
  const { locked } = require("./locked") as typeof import("./locked.js");
  return {
    "scani-host:base:Standing": locked(baseReady, engine) as unknown as Handler,
    // A gateway that was just replaced took the run lock with it, so Hold takes the apply lock for everything that
    // comes after. Removing Hold does nothing and needs no lock.
    "scani-host:base:Hold": { ...locked(hold, engine), remove: hold.remove } as unknown as Handler,
    "scani-host:base:DataMove": locked(dataMove, engine) as unknown as Handler,
    // Creating the guard does nothing, so the lock is left to the Handover, which comes next.
    "scani-host:handover:TakedownGuard": {
      ...locked(takedownGuard, engine),
      apply: takedownGuard.apply,
    } as unknown as Handler,
    "scani-host:handover:Handover": locked(handover, engine) as unknown as Handler,
  };
}, engine);
