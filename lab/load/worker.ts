// Thread that startLoad starts; its event loop does nothing but the load.
import { parentPort, workerData } from "node:worker_threads";
import { generate } from "./generator";
import type { CheckedOptions } from "./options";
import type { Totals } from "./tally";

/** Messages to the thread that started this one. Any message from that thread means: stop. */
export type FromWorker = { ready: true } | { totals: Totals };

const port = parentPort;
if (!port) throw new Error("lab/load/worker is started by startLoad");
const post = (message: FromWorker): void => port.postMessage(message);

const generator = generate(workerData as CheckedOptions, () => post({ ready: true }));
port.on("message", () => generator.stop());
void generator.totals.then((totals) => {
  post({ totals });
  port.close();
});
