import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import type { Difference, Properties, Resources } from "./resources";

/** Answers one call of the wire protocol. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each call has a request and a response of its own
export type Procedure = (request: any) => unknown;

/**
 * Returns the calls of Pulumi's wire protocol that a provider of these resources answers, by their names.
 * @param flushed settles when the engine has every line a resource has reported so far
 * @param interrupt stops work in progress
 */
export function procedures(
  resources: Resources,
  flushed: () => Promise<unknown>,
  interrupt: () => void,
): Readonly<Record<string, Procedure>> {
  const apply = async (urn: string, inputs: Properties): Promise<Struct> => {
    const properties = await resources.apply(urn, inputs);
    await flushed();
    return struct(properties);
  };
  return {
    getPluginInfo: () => new PluginInfo(),
    checkConfig: unchanged,
    diffConfig: () => new rpc.DiffResponse(),
    configure: () => {
      // Load the handlers while the engine turns to something else.
      setImmediate(() => resources.handlers());
      return new rpc.ConfigureResponse();
    },
    check: unchanged,
    diff: async (request: rpc.DiffRequest) =>
      diffResponse(await resources.diff(request.getUrn(), plain(request.getOldInputs()), plain(request.getNews()))),
    create: async (request: rpc.CreateRequest) => {
      const [urn, inputs] = [request.getUrn(), plain(request.getProperties())];
      const properties = await apply(urn, inputs);
      return createResponse(resources.id(urn, inputs), properties);
    },
    update: async (request: rpc.UpdateRequest) =>
      updateResponse(await apply(request.getUrn(), plain(request.getNews()))),
    // A refresh learns nothing here: every diff reads the facts from the host.
    read: asItWas,
    delete: async (request: rpc.DeleteRequest) => {
      // A change of incidental inputs alone reaches only the inputs in the state, so these win over the outputs.
      const inputs = { ...plain(request.getProperties()), ...plain(request.getOldInputs()) };
      await resources.remove(request.getUrn(), inputs);
      await flushed();
      return new Empty();
    },
    cancel: () => {
      interrupt();
      return new Empty();
    },
  };
}

/** Accepts inputs as they are. */
function unchanged(request: rpc.CheckRequest): rpc.CheckResponse {
  const response = new rpc.CheckResponse();
  response.setInputs(request.getNews());
  return response;
}

/** Answers a refresh with what the state holds. */
function asItWas(request: rpc.ReadRequest): rpc.ReadResponse {
  const response = new rpc.ReadResponse();
  response.setId(request.getId());
  response.setProperties(request.getProperties());
  response.setInputs(request.getInputs());
  return response;
}

function diffResponse({ changed, differs }: Difference): rpc.DiffResponse {
  const response = new rpc.DiffResponse();
  response.setChanges(differs ? rpc.DiffResponse.DiffChanges.DIFF_SOME : rpc.DiffResponse.DiffChanges.DIFF_NONE);
  response.setDiffsList([...changed]);
  return response;
}

function createResponse(id: string, properties: Struct): rpc.CreateResponse {
  const response = new rpc.CreateResponse();
  response.setId(id);
  response.setProperties(properties);
  return response;
}

function updateResponse(properties: Struct): rpc.UpdateResponse {
  const response = new rpc.UpdateResponse();
  response.setProperties(properties);
  return response;
}

function plain(properties: Struct | undefined): Record<string, unknown> {
  return properties?.toJavaScript() ?? {};
}

function struct(properties: Properties): Struct {
  return Struct.fromJavaScript(properties as never);
}
