import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Process of a plugin or a language host, started as Pulumi's engine does. */
export class Started {
  private constructor(
    readonly process: ChildProcess,
    private readonly engine: FakeEngine,
    /** Address it serves at, `host:port`. */ readonly address: string,
  ) {}

  /** @param program path of a launcher @throws Error when it ends before it serves */
  static async start(program: string): Promise<Started> {
    const engine = await FakeEngine.start();
    const child = spawn(program, [engine.address], { stdio: ["pipe", "pipe", "inherit"] });
    const port = await portOf(child, program).catch((error: unknown) => {
      engine.close();
      throw error;
    });
    return new Started(child, engine, `127.0.0.1:${port}`);
  }

  /** Lines it has logged through the engine so far. */
  get logged(): readonly string[] {
    return this.engine.logged;
  }

  /** Ends the process, as the engine does. */
  async close(): Promise<void> {
    this.engine.close();
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await ended;
  }
}

/** Waits for the port a plugin prints when it serves. @throws Error when it ends instead */
function portOf(child: ChildProcess, program: string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", (line: Buffer) => resolve(line.toString().trim()));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code} before it served`)));
  });
}

/** Stand-in for Pulumi's engine that only takes log lines. */
class FakeEngine {
  readonly logged: string[] = [];
  address = "";
  private readonly server = new grpc.Server();

  static async start(): Promise<FakeEngine> {
    const engine = new FakeEngine();
    engine.server.addService(EngineService, {
      log: (call: grpc.ServerUnaryCall<LogRequest, Empty>, done: grpc.sendUnaryData<Empty>) => {
        engine.logged.push(call.request.getMessage());
        done(null, new Empty());
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      engine.server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    engine.address = `127.0.0.1:${port}`;
    return engine;
  }

  close(): void {
    this.server.forceShutdown();
  }
}
