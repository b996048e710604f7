import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { EngineLog } from "./engineLog";
import type { Context, Handler } from "./handler";
import { changedInputs } from "./inputs";

/**
 * A Pulumi provider of a few resources, straight on the wire protocol. Pulumi's own provider and dynamic-provider SDKs
 * would do, but load a compiler and an npm client first: 1.3 s more in each of the two phases of an `up`.
 */

type Handlers = Readonly<Record<string, Handler>>;
type Call<Request> = grpc.ServerUnaryCall<Request, never>;
type Answer<Response> = grpc.sendUnaryData<Response>;

/**
 * Serves until the engine ends the process. Prints the port it listens on, as the engine expects.
 * @param load gives the handlers by type token; called once, when the engine has this plugin and turns to something
 * else
 * @param engine `host:port` of the engine
 */
export function serve(load: () => Handlers, engine: string): void {
  let loaded: Handlers | undefined;
  const handlers = (): Handlers => (loaded ??= load());
  const log = new EngineLog(engine);
  const interrupted = new AbortController();
  const context = (urn: string): Context => ({
    stack: stackOf(urn),
    say: (line) => log.info(urn, line),
    signal: interrupted.signal,
    lockAgain: async () => undefined,
  });

  let working = 0;
  const answering =
    <Request, Response>(work: (request: Request) => Response | Promise<Response>) =>
    (call: Call<Request>, answer: Answer<Response>): void => {
      working += 1;
      Promise.resolve()
        .then(() => work(call.request))
        .then(
          (response) => answer(null, response),
          (error: Error) => log.flushed().then(() => answer({ code: grpc.status.UNKNOWN, details: error.message })),
        )
        .finally(() => {
          working -= 1;
        });
    };

  const apply = async (urn: string, properties: Struct | undefined) => {
    const inputs = plain(properties);
    const outputs = await handlerOf(handlers(), urn).apply(inputs, context(urn));
    await log.flushed();
    return { inputs, properties: Struct.fromJavaScript({ ...inputs, ...outputs } as never) };
  };

  const service = {
    checkConfig: answering((request: rpc.CheckRequest) => checked(request)),
    diffConfig: answering(() => new rpc.DiffResponse()),
    configure: answering(() => {
      setImmediate(handlers);
      return new rpc.ConfigureResponse();
    }),
    getPluginInfo: answering(() => new PluginInfo()),
    check: answering((request: rpc.CheckRequest) => checked(request)),
    diff: answering(async (request: rpc.DiffRequest) => {
      const news = plain(request.getNews());
      const handler = handlerOf(handlers(), request.getUrn());
      const changed = changedInputs(plain(request.getOldInputs()), news, handler.incidental);
      const differs = changed.length > 0 || (await handler.differs(news));
      const response = new rpc.DiffResponse();
      response.setChanges(differs ? rpc.DiffResponse.DiffChanges.DIFF_SOME : rpc.DiffResponse.DiffChanges.DIFF_NONE);
      response.setDiffsList(changed);
      return response;
    }),
    create: answering(async (request: rpc.CreateRequest) => {
      const { inputs, properties } = await apply(request.getUrn(), request.getProperties());
      const response = new rpc.CreateResponse();
      response.setId(handlerOf(handlers(), request.getUrn()).id(inputs));
      response.setProperties(properties);
      return response;
    }),
    update: answering(async (request: rpc.UpdateRequest) => {
      const { properties } = await apply(request.getUrn(), request.getNews());
      const response = new rpc.UpdateResponse();
      response.setProperties(properties);
      return response;
    }),
    // A refresh learns nothing here: what is true is read from the host at every diff.
    read: answering((request: rpc.ReadRequest) => {
      const response = new rpc.ReadResponse();
      response.setId(request.getId());
      response.setProperties(request.getProperties());
      response.setInputs(request.getInputs());
      return response;
    }),
    delete: answering(async (request: rpc.DeleteRequest) => {
      // Inputs that are no difference reach the state's inputs only.
      const inputs = { ...plain(request.getProperties()), ...plain(request.getOldInputs()) };
      await handlerOf(handlers(), request.getUrn()).remove(inputs, stackOf(request.getUrn()));
      return new Empty();
    }),
    cancel: answering(() => {
      interrupted.abort();
      return new Empty();
    }),
  };

  const server = new grpc.Server({ "grpc.max_receive_message_length": 64 * 1024 * 1024 });
  server.addService(ResourceProviderService, service);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
  whenOrphaned(() => {
    interrupted.abort();
    if (working === 0) process.exit(1);
  });
}

/** Milliseconds between two looks at the parent. */
const pollInterval = 500;

/**
 * Pulumi starts plugins in process groups of their own, so a killed `pulumi` leaves them behind. Nobody is told any
 * more how the work ends: it is taken back, and the process goes.
 */
function whenOrphaned(orphaned: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) orphaned();
  }, pollInterval).unref();
}

/** The name a resource's URN says of its stack: `urn:pulumi:<stack>::<project>::<parent types$>type::<name>`. Pure. */
export function stackOf(urn: string): string {
  return urn.split("::")[0].replace(/^urn:pulumi:/, "");
}

function handlerOf(handlers: Handlers, urn: string): Handler {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const handler = handlers[type];
  if (handler === undefined) throw new Error(`this provider has no resource of type ${type}`);
  return handler;
}

function plain(properties: Struct | undefined): Record<string, unknown> {
  return properties?.toJavaScript() ?? {};
}

function checked(request: rpc.CheckRequest): rpc.CheckResponse {
  const response = new rpc.CheckResponse();
  response.setInputs(request.getNews());
  return response;
}
