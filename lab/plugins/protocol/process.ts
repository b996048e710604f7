import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Reports in the output of the run, once, that a stand-in is in use. */
export type Announce = () => Promise<void>;

/** Service of a stand-in: one of the SDK's definitions, and its implementation. */
export interface Served {
  readonly definition: grpc.ServiceDefinition;
  readonly implementation: grpc.UntypedServiceImplementation;
}

/**
 * Serves to the engine that started this process, until that engine is gone. Pulumi's convention: the engine's address
 * is the last argument, the port goes to standard output as a line.
 * @param name of the official part this stands in for
 * @param serve makes the service, from the engine's address
 */
export async function servesEngine(
  name: string,
  serve: (announce: Announce, engine: string | undefined) => Served,
): Promise<void> {
  // The engine holds this open: it ends however the engine ends, so that no plugin outlives a killed run.
  process.stdin.on("end", () => process.exit(0)).resume();
  const engine = process.argv.slice(2).at(-1);
  let announced: Promise<void> | undefined;
  const { definition, implementation } = serve(() => (announced ??= announce(engine, name)), engine);
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(definition, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  process.stdout.write(`${port}\n`);
}

function announce(engine: string | undefined, name: string): Promise<void> {
  const message = `test plugin in use: ${name} (not the official one)`;
  if (engine === undefined) {
    process.stderr.write(`${message}\n`);
    return Promise.resolve();
  }
  const client = new EngineClient(engine, grpc.credentials.createInsecure());
  const request = new LogRequest().setSeverity(LogSeverity.WARNING).setMessage(message);
  return new Promise((resolve, reject) => {
    client.log(request, (error) => {
      client.close();
      if (error) reject(new Error(`cannot reach the engine at ${engine}: ${error.message}`));
      else resolve();
    });
  });
}
