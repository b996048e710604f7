import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { checkOptions, type LoadOptions } from "./options";
import { type LoadReport, toReport } from "./report";
import type { Totals } from "./tally";
import type { FromWorker } from "./worker";

export type { LoadOptions, LoadRequest } from "./options";
export type { LoadReport } from "./report";
export type { ConnectionKind, Count, LoadFailure } from "./tally";

/** A load under way. */
export interface LoadHandle {
  /** Times set by `mark`, epoch milliseconds. */
  readonly marks: Readonly<Record<string, number>>;
  /** Records that something happens now, for windows of the report; returns the time, epoch milliseconds. */
  mark(name: string): number;
  /** Sends no more requests and waits for those in flight, at most the timeout of a request. May be called twice. */
  stop(): Promise<LoadReport>;
  /** Resolves with the report when the load was stopped or ran its time. Rejects only if the worker thread died. */
  readonly done: Promise<LoadReport>;
}

/**
 * Starts sending load to this machine from a separate thread, and resolves once both kinds of connection have had a
 * response (of any status). Rejects, with nothing left running, if options are wrong (naming all of them), or if no
 * response came within the timeout of a request.
 */
export async function startLoad(options: LoadOptions): Promise<LoadHandle> {
  const checked = checkOptions(options);
  const marks: Record<string, number> = {};
  const worker = new Worker(join(__dirname, "worker.js"), { workerData: checked });
  const stopWorker = (): void => worker.postMessage("stop");

  let totals: Totals | undefined;
  let ready: () => void;
  const firstResponses = new Promise<true>((resolve) => (ready = () => resolve(true)));
  worker.on("message", (message: FromWorker) => {
    if ("ready" in message) ready();
    else totals = message.totals;
  });
  const done = new Promise<LoadReport>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", (code) => {
      if (totals) resolve(toReport(totals, marks));
      else reject(new Error(`load: the worker thread ended with ${code} and without a report`));
    });
  });
  done.catch(() => {}); // callers of done get the error; an unhandled rejection must not end the process

  const noResponse = setTimeout(() => {
    ready = () => {}; // a later response must not pass a stopped load off as running
    stopWorker();
  }, checked.timeoutMs);
  const early = await Promise.race([firstResponses, done]);
  clearTimeout(noResponse);
  if (early !== true) {
    const why = early.failures[0]?.why ?? "it was too short";
    throw new Error(`load: no response from ${options.url} to ${early.sent} requests: ${why}`);
  }

  return {
    marks,
    mark: (name) => (marks[name] = Date.now()),
    stop: () => {
      stopWorker();
      return done;
    },
    done,
  };
}
