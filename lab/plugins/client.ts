import * as grpc from "@grpc/grpc-js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import type { ChildProcess } from "node:child_process";
import type { Values } from "./protocol/values";
import { Started } from "./started";

/** A plugin's answer to a diff. */
export interface Answer {
  readonly changes: boolean;
  /** Names of the properties that changed, sorted, each once. */
  readonly diffs: string[];
  /** Names of the properties for which the resource is replaced. */
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

/** Client of one plugin process that talks to it as Pulumi's engine does. */
export class PluginClient {
  private constructor(
    private readonly client: ResourceProviderClient,
    private readonly started: Started,
  ) {}

  /**
   * Starts a plugin and configures it.
   * @param program path of a `pulumi-resource-…`
   */
  static async start(program: string, settings: Values = {}): Promise<PluginClient> {
    const started = await Started.start(program);
    const plugin = new PluginClient(
      new ResourceProviderClient(started.address, grpc.credentials.createInsecure()),
      started,
    );
    // Announce that secrets are accepted, as the engine does.
    await plugin.call(
      "configure",
      new proto.ConfigureRequest().setAcceptsecrets(true).setAcceptresources(true).setArgs(struct(settings)),
    );
    return plugin;
  }

  /** Lines the plugin has logged through the engine so far. */
  get logged(): readonly string[] {
    return this.started.logged;
  }

  get process(): ChildProcess {
    return this.started.process;
  }

  async check(type: string, name: string, olds: Values, news: Values): Promise<{ inputs: Values; failures: string[] }> {
    const request = new proto.CheckRequest()
      .setUrn(urn(type, name))
      .setName(name)
      .setType(type)
      .setOlds(struct(olds))
      .setNews(struct(news))
      .setRandomseed(Buffer.alloc(32, 7));
    const response = await this.call<proto.CheckResponse>("check", request);
    return {
      inputs: values(response.getInputs()),
      failures: response.getFailuresList().map((failure) => failure.getReason()),
    };
  }

  /** @param olds outputs and inputs as the state has them */
  async diff(
    type: string,
    name: string,
    id: string,
    olds: { outputs: Values; inputs: Values },
    news: Values,
    ignoreChanges: string[] = [],
  ): Promise<Answer> {
    const request = new proto.DiffRequest()
      .setUrn(urn(type, name))
      .setName(name)
      .setType(type)
      .setId(id)
      .setOlds(struct(olds.outputs))
      .setOldInputs(struct(olds.inputs))
      .setNews(struct(news))
      .setIgnorechangesList(ignoreChanges);
    const response = await this.call<proto.DiffResponse>("diff", request);
    return {
      changes: response.getChanges() === proto.DiffResponse.DiffChanges.DIFF_SOME,
      diffs: [...new Set(response.getDiffsList())].sort(),
      replaces: [...new Set(response.getReplacesList())].sort(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
    };
  }

  async create(type: string, name: string, inputs: Values, preview = false): Promise<{ id: string; outputs: Values }> {
    const request = new proto.CreateRequest()
      .setUrn(urn(type, name))
      .setName(name)
      .setType(type)
      .setProperties(struct(inputs))
      .setPreview(preview);
    const response = await this.call<proto.CreateResponse>("create", request);
    return { id: response.getId(), outputs: values(response.getProperties()) };
  }

  /** Reads a resource; the id is empty when it no longer exists. */
  async read(
    type: string,
    name: string,
    id: string,
    state: { outputs: Values; inputs: Values },
  ): Promise<{ id: string; outputs: Values; inputs: Values }> {
    const request = new proto.ReadRequest()
      .setUrn(urn(type, name))
      .setName(name)
      .setType(type)
      .setId(id)
      .setProperties(struct(state.outputs))
      .setInputs(struct(state.inputs));
    const response = await this.call<proto.ReadResponse>("read", request);
    return { id: response.getId(), outputs: values(response.getProperties()), inputs: values(response.getInputs()) };
  }

  async update(
    type: string,
    name: string,
    id: string,
    olds: { outputs: Values; inputs: Values },
    news: Values,
  ): Promise<Values> {
    const request = new proto.UpdateRequest()
      .setUrn(urn(type, name))
      .setName(name)
      .setType(type)
      .setId(id)
      .setOlds(struct(olds.outputs))
      .setOldInputs(struct(olds.inputs))
      .setNews(struct(news));
    return values((await this.call<proto.UpdateResponse>("update", request)).getProperties());
  }

  async delete(type: string, name: string, id: string, outputs: Values): Promise<void> {
    await this.call(
      "delete",
      new proto.DeleteRequest()
        .setUrn(urn(type, name))
        .setName(name)
        .setType(type)
        .setId(id)
        .setProperties(struct(outputs)),
    );
  }

  /** Ends the process, as the engine does. */
  async close(): Promise<void> {
    this.client.close();
    await this.started.close();
  }

  private call<Response>(
    method: "configure" | "check" | "diff" | "create" | "read" | "update" | "delete",
    request: unknown,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const client = this.client as unknown as Record<
        string,
        (request: unknown, done: (error: Error | null, response: Response) => void) => void
      >;
      client[method]?.(request, (error, response) => {
        if (error) reject(error);
        else resolve(response);
      });
    });
  }
}

function urn(type: string, name: string): string {
  return `urn:pulumi:stack::project::${type}::${name}`;
}

function struct(given: Values): Struct {
  return Struct.fromJavaScript(given);
}

function values(given: Struct | undefined): Values {
  return given?.toJavaScript() ?? {};
}
