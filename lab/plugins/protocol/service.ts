import type * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { canonical } from "./canonical";
import { check, isAutonamed, withName, type Checked } from "./check";
import { differences, type Difference } from "./differences";
import { serviceError } from "./failure";
import type { Plugin, ResourceType } from "./resource";
import type { Properties } from "./shape";
import type { Value, Values } from "./values";

/**
 * Implements a plugin as Pulumi's engine calls it. Pulumi's own server for providers in Node passes on no settings, no
 * ignored properties and no preview flag, and returns neither which properties changed nor that a resource is gone, so
 * this uses the SDK's protocol instead.
 *
 * It declares that it accepts no secrets: then the engine unwraps them on the way in and marks them on the way out,
 * exactly as it does for the official plugins.
 * @param configured called before the first resource
 */
export function service(plugin: Plugin, configured: () => Promise<void>): grpc.UntypedServiceImplementation {
  let types: Readonly<Record<string, ResourceType>> = {};
  const typeOf = (token: string): ResourceType => {
    const found = types[token];
    if (found === undefined)
      throw new Error(`the test plugin ${plugin.name} covers ${Object.keys(types).sort().join(", ")}; not ${token}`);
    return found;
  };

  return {
    getPluginInfo: unary<Empty, PluginInfo>(async () => new PluginInfo().setVersion(plugin.version)),
    cancel: unary<Empty, Empty>(async () => new Empty()),

    checkConfig: unary(async (request: proto.CheckRequest) =>
      checkResponse(check(plugin.settings, values(request.getNews()))),
    ),
    diffConfig: unary(async (request: proto.DiffRequest) =>
      diffResponse(
        differences(
          plugin.settings,
          values(request.getOldInputs()),
          values(request.getNews()),
          request.getIgnorechangesList(),
        ),
        false,
      ),
    ),
    configure: unary(async (request: proto.ConfigureRequest) => {
      types = plugin.types(values(request.getArgs()));
      await configured();
      return new proto.ConfigureResponse().setSupportspreview(true);
    }),

    check: unary(async (request: proto.CheckRequest) => {
      const type = typeOf(request.getType());
      const checked = check(type.properties, values(request.getNews()));
      if (!type.named) return checkResponse(checked);
      return checkResponse({
        ...checked,
        inputs: withName(checked.inputs, request.getName(), values(request.getOlds()), request.getRandomseed_asU8()),
      });
    }),
    diff: unary(async (request: proto.DiffRequest) => {
      const type = typeOf(request.getType());
      const news = values(request.getNews());
      const found = differences(type.properties, values(request.getOlds()), news, request.getIgnorechangesList());
      // Two resources of one name cannot exist at the same time.
      return diffResponse(found, type.deletedFirst || (type.named && !isAutonamed(news)));
    }),
    create: unary(async (request: proto.CreateRequest) => {
      const type = typeOf(request.getType());
      const inputs = values(request.getProperties());
      if (request.getPreview())
        return new proto.CreateResponse().setProperties(struct(updated(type.properties, {}, inputs)));
      const { id, outputs } = await type.create(inputs);
      return new proto.CreateResponse().setId(id).setProperties(outputsOf(type, id, outputs));
    }),
    read: unary(async (request: proto.ReadRequest) => {
      const type = typeOf(request.getType());
      const known = values(request.getProperties());
      if (Object.keys(known).length === 0)
        throw new Error(`the test plugin ${plugin.name} does not import: ${request.getUrn()}`);
      const outputs = await type.read(request.getId(), known);
      if (outputs === undefined) return new proto.ReadResponse();
      const inputs = asRead(type.properties, values(request.getInputs()), outputs);
      return new proto.ReadResponse()
        .setId(request.getId())
        .setProperties(outputsOf(type, request.getId(), outputs))
        .setInputs(struct(inputs));
    }),
    update: unary(async (request: proto.UpdateRequest) => {
      const type = typeOf(request.getType());
      const [olds, news] = [values(request.getOlds()), values(request.getNews())];
      if (!request.getPreview()) await type.update(request.getId(), olds, news);
      const outputs = updated(type.properties, olds, news);
      return new proto.UpdateResponse().setProperties(outputsOf(type, request.getId(), outputs));
    }),
    delete: unary(async (request: proto.DeleteRequest) => {
      await typeOf(request.getType()).delete(request.getId(), values(request.getProperties()));
      return new Empty();
    }),
  };
}

function unary<Request, Response>(
  answer: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    answer(call.request).then(
      (response) => callback(null, response),
      (error) => callback(serviceError(error)),
    );
  };
}

function values(struct: Struct | undefined): Values {
  return struct?.toJavaScript() ?? {};
}

function struct(given: Values): Struct {
  return Struct.fromJavaScript(given);
}

function outputsOf({ outputsId }: ResourceType, id: string, outputs: Values): Struct {
  return struct(outputsId ? { ...outputs, id } : outputs);
}

function checkResponse({ inputs, failures }: Checked): proto.CheckResponse {
  // Name the property only in the sentence: for a failure's own property the engine prints the value, which may be
  // secret.
  const list = failures.map((reason) => new proto.CheckFailure().setReason(reason));
  return new proto.CheckResponse().setInputs(struct(inputs)).setFailuresList(list);
}

const kinds = {
  add: [proto.PropertyDiff.Kind.ADD, proto.PropertyDiff.Kind.ADD_REPLACE],
  delete: [proto.PropertyDiff.Kind.DELETE, proto.PropertyDiff.Kind.DELETE_REPLACE],
  update: [proto.PropertyDiff.Kind.UPDATE, proto.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

function diffResponse(found: Record<string, Difference>, deletedFirst: boolean): proto.DiffResponse {
  const names = Object.keys(found);
  const replacing = names.filter((name) => found[name]?.replace);
  const response = new proto.DiffResponse()
    .setChanges(
      names.length === 0 ? proto.DiffResponse.DiffChanges.DIFF_NONE : proto.DiffResponse.DiffChanges.DIFF_SOME,
    )
    .setDiffsList(names)
    .setReplacesList(replacing)
    .setDeletebeforereplace(deletedFirst && replacing.length > 0)
    // Without these the engine does not apply replaceOnChanges.
    .setHasdetaileddiff(true);
  for (const [name, { kind, replace }] of Object.entries(found)) {
    response.getDetaileddiffMap().set(name, new proto.PropertyDiff().setKind(kinds[kind][replace ? 1 : 0]));
  }
  return response;
}

/** Returns the inputs after a refresh: Docker's present value if it differs from the given one. */
function asRead(properties: Properties, inputs: Values, outputs: Values): Values {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, given]) => {
      const property = properties[name];
      const now = outputs[name];
      return [
        name,
        property === undefined ||
        now === undefined ||
        canonical(property.shape, given) === canonical(property.shape, now)
          ? given
          : now,
      ];
    }),
  );
}

/** Returns the outputs after an update: requested values count as applied, until a refresh says otherwise. */
function updated(properties: Properties, olds: Values, news: Values): Values {
  const names = Object.keys(properties);
  const entries = names.map(
    (name) =>
      [
        name,
        news[name] ?? properties[name]?.fallback ?? (properties[name]?.computed ? olds[name] : undefined),
      ] as const,
  );
  const others = Object.entries(olds).filter(([name]) => !names.includes(name));
  return Object.fromEntries(
    [...others, ...entries].filter((entry): entry is [string, Value] => entry[1] !== undefined),
  );
}
