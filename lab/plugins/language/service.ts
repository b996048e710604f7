import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { GetRequiredPackagesResponse, type RunRequest, type RunResponse } from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { packageVersion } from "../../packageVersion";
import type { Announce } from "../protocol/process";
import { outcomeOf, startOf } from "./program";

/** Milliseconds a program has to end after it was interrupted. */
const grace = 5_000;

/**
 * Implements the Node language host as Pulumi's engine calls it for `up`, `preview` and `destroy`. Any other call is
 * answered as not implemented.
 * @param engine `host:port` of the engine
 */
export function languageService(announce: Announce, engine: string | undefined): grpc.UntypedServiceImplementation {
  const running = new Set<ChildProcess>();
  // The host ends with its engine, and a program must not outlive its host.
  process.on("exit", () => {
    for (const program of running) program.kill("SIGINT");
  });

  const run = async (request: RunRequest, cancelled: (interrupt: () => void) => void): Promise<RunResponse> => {
    if (engine === undefined) throw new Error("the test language host was started without the address of an engine");
    const { words, environment } = startOf(request, engine);
    await announce();
    const program = spawn(process.execPath, words, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(program);
    cancelled(() => interrupt(program));
    // Pipe the output instead of inheriting it: Node changes the mode of the pipe it writes to, for every process that
    // has it.
    program.stdout.pipe(process.stdout, { end: false });
    program.stderr.pipe(process.stderr, { end: false });
    try {
      const [code, signal] = (await once(program, "close")) as [number | null, NodeJS.Signals | null];
      return outcomeOf(code, signal);
    } finally {
      running.delete(program);
    }
  };

  return {
    getPluginInfo: (_call: unknown, answer: grpc.sendUnaryData<PluginInfo>) =>
      answer(null, new PluginInfo().setVersion(packageVersion("@pulumi/pulumi"))),
    // Name none: the engine looks for each plugin when the program first uses it.
    getRequiredPackages: (_call: unknown, answer: grpc.sendUnaryData<GetRequiredPackagesResponse>) =>
      answer(null, new GetRequiredPackagesResponse()),
    run: (call: grpc.ServerUnaryCall<RunRequest, RunResponse>, answer: grpc.sendUnaryData<RunResponse>) => {
      run(call.request, (interrupted) => call.on("cancelled", interrupted)).then(
        (response) => answer(null, response),
        (error: Error) => answer({ code: grpc.status.UNKNOWN, details: error.message }),
      );
    },
    cancel: (_call: unknown, answer: grpc.sendUnaryData<Empty>) => {
      for (const program of running) interrupt(program);
      answer(null, new Empty());
    },
  };
}

/** Asks a program to end, and kills it if it does not. */
function interrupt(program: ChildProcess): void {
  program.kill("SIGINT");
  const force = setTimeout(() => program.kill("SIGKILL"), grace);
  program.once("exit", () => clearTimeout(force));
}
