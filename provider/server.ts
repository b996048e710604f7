import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { EngineLog } from "./engineLog";
import { Resources, stackOf, type Handlers } from "./resources";
import { procedures, type Procedure } from "./wire";

/**
 * A Pulumi provider of a few resources, straight on the wire protocol. Pulumi's own provider and dynamic-provider SDKs
 * would do, but load a compiler and an npm client first: 1.3 s more in each of the two phases of an `up`.
 */

/**
 * Serves until the engine ends the process. Prints the port it listens on, as the engine expects.
 * @param load gives the handlers by type token; called once, when the engine has this plugin and turns to something
 * else
 * @param engine `host:port` of the engine
 */
export function serve(load: () => Handlers, engine: string): void {
  const log = new EngineLog(engine);
  const interrupted = new AbortController();
  const resources = new Resources(load, (urn) => ({
    stack: stackOf(urn),
    say: (line) => log.info(urn, line),
    signal: interrupted.signal,
    lockAgain: async () => undefined,
  }));
  const flushed = () => log.flushed();
  const calls = new Calls(flushed);
  listen(calls.answering(procedures(resources, flushed, () => interrupted.abort())));
  whenOrphaned(() => {
    interrupted.abort();
    if (calls.inProgress === 0) process.exit(1);
  });
}

/** Calls on the wire, and how many are being answered. */
class Calls {
  inProgress = 0;

  /** @param flushed settles when the engine has every line so far: a failure is the last message about a resource */
  constructor(private readonly flushed: () => Promise<unknown>) {}

  /** Wraps the procedures as gRPC calls them. */
  answering(all: Readonly<Record<string, Procedure>>): grpc.UntypedServiceImplementation {
    return Object.fromEntries(Object.entries(all).map(([name, procedure]) => [name, this.answer(procedure)]));
  }

  private answer(procedure: Procedure): grpc.handleUnaryCall<unknown, unknown> {
    return ({ request }, answer) => {
      this.inProgress += 1;
      Promise.resolve()
        .then(() => procedure(request))
        .then(
          (response) => answer(null, response),
          (error: Error) => this.flushed().then(() => answer({ code: grpc.status.UNKNOWN, details: error.message })),
        )
        .finally(() => {
          this.inProgress -= 1;
        });
    };
  }
}

/** Listens on a free port of this machine, and prints it. */
function listen(service: grpc.UntypedServiceImplementation): void {
  const server = new grpc.Server({ "grpc.max_receive_message_length": 64 * 1024 * 1024 });
  server.addService(ResourceProviderService, service);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
}

/** Milliseconds between two checks of the parent. */
const pollInterval = 500;

/**
 * Calls back, again and again, once the parent process is gone. Pulumi starts plugins in process groups of their own,
 * so a killed `pulumi` leaves them behind. Nobody learns any more how the work ends, so it is rolled back and the
 * process exits.
 */
function whenOrphaned(orphaned: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) orphaned();
  }, pollInterval).unref();
}
